import type { CacheEntry } from "@aside/core";
import { readValueLine } from "./classic-value-line.js";
import { ProtocolError } from "./memcached-errors.js";
import { step } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import { type TextToken, textToken } from "./text-token.js";

/**
 * The answers to a classic store and to the `gets` that is sent right behind it: a classic store does not tell the token of what it
 * stored.
 */
export class ClassicStoreAndLook {
  readonly #incarnation: number;
  readonly #key: string;
  /** The answer to the store: `STORED`, or why not; `undefined` while it is to come. */
  answer: "STORED" | "lost" | "out of memory" | { readonly refusal: string } | undefined;
  /** What the look found, whoever put it there. */
  found: CacheEntry | undefined;
  #token: TextToken | undefined;

  constructor(incarnation: number, key: string) {
    this.#incarnation = incarnation;
    this.#key = key;
  }

  take(reply: TextReply): number {
    const { text } = reply;
    if (this.answer === undefined) {
      this.answer = answerOf(reply);
      return step.more;
    }
    if (reply.kind === "error") {
      this.answer = { refusal: reply.refusal };
      return step.done;
    }
    if (text === "END") return step.done;
    const { key, valueBytes, cas } = readValueLine(reply);
    if (key !== this.#key || this.#token !== undefined)
      throw new ProtocolError("a value belongs to another key");
    this.#token = textToken(this.#incarnation, cas);
    return valueBytes;
  }

  value(bytes: Buffer): void {
    this.found = { bytes, token: this.#token as TextToken };
  }
}

function answerOf(reply: TextReply): ClassicStoreAndLook["answer"] {
  const { text } = reply;
  if (text === "STORED") return "STORED";
  if (text === "NOT_STORED" || text === "EXISTS" || text === "NOT_FOUND") return "lost";
  if (reply.kind !== "error") throw new ProtocolError("an answer does not fit its request");
  return reply.isOutOfMemory ? "out of memory" : { refusal: reply.refusal };
}
