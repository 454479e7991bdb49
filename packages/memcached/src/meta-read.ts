import type { CacheEntry } from "@aside/core";
import { ProtocolError, unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";
import { type TextToken, textToken } from "./text-token.js";

/** @param leased - whether this very request put the entry there, an empty one. */
export type ToEntry<Entry> = (bytes: Buffer, token: TextToken, leased: boolean) => Entry;

/**
 * Reads keys with one `mg` each. All are quiet, so only hits are answered, but for the last one of a write: its answer, hit or miss, tells
 * that everything before it has been answered (what an `mn` would do, without its round of bytes).
 */
export class MetaRead<Entry extends CacheEntry> extends TextCall<ReadonlyMap<string, Entry>> {
  readonly bytes: number;
  readonly #context: CallContext;
  readonly #keys: readonly string[];
  readonly #flags: string;
  readonly #toEntry: ToEntry<Entry>;
  readonly #found = new Map<string, Entry>();
  #firstOpaque = 0;
  #closing = false;
  /** The first key that can still be answered. */
  #next = 0;
  #token: TextToken | undefined;
  #leased = false;

  /**
   * @param keys - at least one, all different, all checked.
   * @param flags - further flags of the request.
   */
  constructor(context: CallContext, keys: readonly string[], flags: string, toEntry: ToEntry<Entry>) {
    super();
    this.#context = context;
    this.#keys = keys;
    this.#toEntry = toEntry;
    this.#flags = `${flags} v c O`;
    let bytes = 0;
    for (const key of keys) bytes += key.length + this.#flags.length + 16;
    this.bytes = bytes;
  }

  get opaques(): number {
    return this.#keys.length;
  }

  write(out: TextRequestWriter, opaque: number, closing: boolean): void {
    this.#firstOpaque = opaque;
    this.#closing = closing;
    const keys = this.#keys;
    const last = keys.length - 1;
    for (let index = 0; index < last; index += 1) {
      out.write(`mg ${keys[index]}${this.#flags}${opaque + index} q\r\n`);
    }
    out.write(`mg ${keys[last]}${this.#flags}${opaque + last}${closing ? "\r\n" : " q\r\n"}`);
  }

  take(reply: TextReply): number {
    const last = this.#keys.length - 1;
    if (reply.kind === "error") return this.#refused(reply);
    const index = reply.opaque === -1 ? this.#indexWithoutOpaque(reply) : reply.opaque - this.#firstOpaque;
    if (index > last) return this.#passOn();
    if (index < this.#next) throw new ProtocolError("an answer belongs to no request");
    this.#next = index + 1;
    if (reply.kind === "EN") return index === last ? step.done : step.more;
    if (reply.kind !== "VA") throw new ProtocolError("an answer does not fit its request");
    this.#token = textToken(this.#context.incarnation, reply.cas);
    this.#leased = reply.won && !reply.stale && reply.valueBytes === 0;
    return reply.valueBytes;
  }

  value(bytes: Buffer): boolean {
    const key = this.#keys[this.#next - 1] as string;
    this.#found.set(key, this.#toEntry(bytes, this.#token as TextToken, this.#leased));
    return this.#next === this.#keys.length;
  }

  finish(): void {
    this.resolve(this.#found);
  }

  /** `EN` without an opaque is the answer to the only request that is not quiet; everything else belongs further back. */
  #indexWithoutOpaque(reply: TextReply): number {
    return reply.kind === "EN" && this.#closing ? this.#keys.length - 1 : this.#keys.length;
  }

  #passOn(): number {
    if (this.#closing) throw new ProtocolError("an answer is missing");
    return step.passOn;
  }

  /** An error does not tell which request it answers. An error is no miss: whoever looks before he removes would take it for "nothing there". */
  #refused(reply: TextReply): number {
    if (reply.isOfStore && !this.#closing) return step.passOn;
    if (!this.#closing || this.#keys.length > 1)
      throw new ProtocolError("the server refused one of several requests");
    this.reject(unavailable(this.#context.partition, `the server refused the request (${reply.refusal})`));
    return step.done;
  }
}
