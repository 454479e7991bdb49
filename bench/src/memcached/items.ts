import { randomBytes } from "node:crypto";
import type { Client } from "./client.js";

/** Keys with random values of one size. */
export class Items {
  readonly keys: readonly string[];
  readonly #values: ReadonlyMap<string, Buffer>;

  constructor(prefix: string, count: number, bytes: number) {
    this.keys = Array.from({ length: count }, (_, index) => `${prefix}:${String(index).padStart(6, "0")}`);
    this.#values = new Map(this.keys.map((key) => [key, randomBytes(bytes)]));
  }

  /** The key of an operation: in a fixed order that is not that of the keys. */
  keyOf(index: number): string {
    return this.keys[(index * 7919) % this.keys.length] as string;
  }

  /** `count` keys for an operation, each once. */
  someKeys(index: number, count: number): string[] {
    return Array.from({ length: count }, (_, nth) => this.keyOf(index * count + nth));
  }

  valueOf(key: string): Buffer {
    return this.#values.get(key) as Buffer;
  }

  /** @throws {Error} unless `answer` is the value of `key`, byte for byte. */
  check(key: string, answer: Uint8Array | null | undefined): void {
    if (!answer || this.valueOf(key).compare(answer) !== 0) {
      const what = answer ? `${answer.length} other bytes` : "nothing";
      throw new Error(`${key} should give its ${this.valueOf(key).length} bytes, and gave ${what}`);
    }
  }

  /** Stores all, some at a time. */
  async storeBy(client: Client): Promise<void> {
    const atATime = 50;
    for (let from = 0; from < this.keys.length; from += atATime) {
      const some = this.keys.slice(from, from + atATime);
      await Promise.all(some.map((key) => client.set(key, this.valueOf(key))));
    }
  }
}
