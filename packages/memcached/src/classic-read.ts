import type { CacheEntry } from "@aside/core";
import { readValueLine } from "./classic-value-line.js";
import { ProtocolError, unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";
import { type TextToken, textToken } from "./text-token.js";

/** Keys of one command, so that no line grows out of bounds. */
const keysPerCommand = 100;

/** Reads keys with `gets`. Hits come in the order of the keys, and an `END` behind those of each command. */
export class ClassicRead extends TextCall<ReadonlyMap<string, CacheEntry>> {
  readonly bytes: number;
  readonly opaques = 0;
  readonly #context: CallContext;
  readonly #keys: readonly string[];
  readonly #found = new Map<string, CacheEntry>();
  /** The first key that can still be answered. */
  #next = 0;
  #token: TextToken | undefined;
  #ends = 0;
  #refusal: string | undefined;

  /** @param keys - at least one, all different, all checked. */
  constructor(context: CallContext, keys: readonly string[]) {
    super();
    this.#context = context;
    this.#keys = keys;
    this.bytes = keys.reduce((bytes, key) => bytes + key.length + 1, 16);
  }

  write(out: TextRequestWriter): void {
    for (let from = 0; from < this.#keys.length; from += keysPerCommand) {
      out.write(`gets ${this.#keys.slice(from, from + keysPerCommand).join(" ")}\r\n`);
    }
  }

  take(reply: TextReply): number {
    if (reply.kind === "error") this.#refusal ??= reply.refusal;
    if (reply.kind === "error" || reply.text === "END") {
      this.#ends += 1;
      return this.#ends * keysPerCommand >= this.#keys.length ? step.done : step.more;
    }
    const { key, valueBytes, cas } = readValueLine(reply);
    while (this.#next < this.#keys.length && this.#keys[this.#next] !== key) this.#next += 1;
    if (this.#next === this.#keys.length) throw new ProtocolError("a value belongs to another key");
    this.#token = textToken(this.#context.incarnation, cas);
    return valueBytes;
  }

  value(bytes: Buffer): boolean {
    this.#found.set(this.#keys[this.#next] as string, { bytes, token: this.#token as TextToken });
    this.#next += 1;
    return false;
  }

  finish(): void {
    // An error is no miss: whoever looks before he removes would take it for "nothing there".
    if (this.#refusal === undefined) this.resolve(this.#found);
    else
      this.reject(unavailable(this.#context.partition, `the server refused the request (${this.#refusal})`));
  }
}
