import type { LeasedEntry } from "@aside/core";
import { ClassicStoreAndLook } from "./classic-store-and-look.js";
import { unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";

/**
 * Reads keys and takes the lease of the missing ones: an `add` of nothing for each key, which does no harm where something stands, and a look
 * behind it. Of several callers one is told `STORED`.
 */
export class ClassicLease extends TextCall<ReadonlyMap<string, LeasedEntry>> {
  readonly bytes: number;
  readonly opaques = 0;
  readonly #context: CallContext;
  readonly #keys: readonly string[];
  readonly #expirySeconds: number;
  readonly #answers: readonly ClassicStoreAndLook[];
  #current = 0;

  /** @param keys - at least one, all different, all checked. */
  constructor(context: CallContext, keys: readonly string[], expirySeconds: number) {
    super();
    this.#context = context;
    this.#keys = keys;
    this.#expirySeconds = expirySeconds;
    this.#answers = keys.map((key) => new ClassicStoreAndLook(context.incarnation, key));
    this.bytes = keys.reduce((bytes, key) => bytes + 2 * key.length + 32, 0);
  }

  write(out: TextRequestWriter): void {
    for (const key of this.#keys) out.write(`add ${key} 0 ${this.#expirySeconds} 0\r\n\r\ngets ${key}\r\n`);
  }

  take(reply: TextReply): number {
    const taken = (this.#answers[this.#current] as ClassicStoreAndLook).take(reply);
    if (taken !== step.done) return taken;
    this.#current += 1;
    return this.#current === this.#keys.length ? step.done : step.more;
  }

  value(bytes: Buffer): boolean {
    this.#answers[this.#current]?.value(bytes);
    return false;
  }

  finish(): void {
    const found = new Map<string, LeasedEntry>();
    for (const [index, { answer, found: entry }] of this.#answers.entries()) {
      if (typeof answer === "object") {
        this.reject(
          unavailable(this.#context.partition, `the server refused the request (${answer.refusal})`),
        );
        return;
      }
      // What is not empty was stored over our lease before we looked.
      const leased = answer === "STORED" && entry?.bytes.byteLength === 0;
      if (entry !== undefined) found.set(this.#keys[index] as string, { ...entry, leased });
    }
    this.resolve(found);
  }
}
