import type { CacheEntry, CacheLimits, CasToken } from "../backend/cache-backend.js";
import type { LeasedEntry, LeasingCacheBackend } from "../backend/leasing-cache-backend.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import {
  type MemoryCacheOptions,
  type ResolvedMemoryCacheOptions,
  resolveMemoryCacheOptions,
} from "./memory-cache-options.js";

interface Slot {
  readonly bytes: Uint8Array;
  /** A fresh object for every store. Tokens are compared by identity, so none matches a second entry or another cache. */
  readonly token: CasToken;
  /** On the monotonic clock. */
  readonly endsAtMs: Milliseconds;
}

/**
 * Cache in the memory of this process: the reference `CacheBackend`, and one for tests, small programs and a first start. It is
 * shared with no other process, so it keeps Aside's promises only where one process does all the writing.
 *
 * Bounded by entries and by bytes; the entry that was used longest ago goes first. Every operation is done when its call
 * returns, before any other can begin: that is what makes the conditional stores atomic.
 */
export class MemoryCache implements LeasingCacheBackend {
  readonly name: string;
  readonly limits: CacheLimits;
  readonly #options: ResolvedMemoryCacheOptions;
  readonly #clock: Clock;
  /** In the order of use, the longest unused first. */
  readonly #slots = new Map<string, Slot>();
  #bytes = 0;
  #closed = false;

  constructor(options: MemoryCacheOptions = {}) {
    this.#options = resolveMemoryCacheOptions(options);
    this.#clock = this.#options.clock;
    this.name = this.#options.name;
    this.limits = Object.freeze({
      maxKeyBytes: this.#options.maxKeyBytes,
      maxValueBytes: this.#options.maxValueBytes,
      ttlStepMs: 1,
    });
  }

  /** How many entries are held; ended ones that nobody asked for since are counted. */
  get entryCount(): number {
    return this.#slots.size;
  }

  /** How many bytes of keys and values are held. */
  get byteCount(): number {
    return this.#bytes;
  }

  async getMany(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.#read(keys);
  }

  async getOrLease(
    keys: readonly string[],
    leaseTtlMs: Milliseconds,
  ): Promise<ReadonlyMap<string, LeasedEntry>> {
    for (const key of keys) this.#checkStore(key, noBytes, leaseTtlMs);
    const standing = this.#read(keys);
    const found = new Map<string, LeasedEntry>();
    for (const key of keys) {
      const entry = standing.get(key);
      if (entry !== undefined) found.set(key, { ...entry, leased: false });
      else if (!found.has(key)) {
        found.set(key, { bytes: noBytes, token: this.#store(key, noBytes, leaseTtlMs), leased: true });
      }
    }
    return found;
  }

  async add(key: string, bytes: Uint8Array, ttlMs: Milliseconds): Promise<CasToken | undefined> {
    this.#checkStore(key, bytes, ttlMs);
    return this.#liveSlot(key) === undefined ? this.#store(key, bytes, ttlMs) : undefined;
  }

  async set(key: string, bytes: Uint8Array, ttlMs: Milliseconds): Promise<CasToken> {
    this.#checkStore(key, bytes, ttlMs);
    return this.#store(key, bytes, ttlMs);
  }

  async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
  ): Promise<CasToken | undefined> {
    this.#checkStore(key, bytes, ttlMs);
    return this.#liveSlot(key)?.token === token ? this.#store(key, bytes, ttlMs) : undefined;
  }

  async delete(key: string, token: CasToken): Promise<boolean> {
    this.#checkOpen();
    this.#checkKey(key);
    if (this.#liveSlot(key)?.token !== token) return false;
    this.#drop(key);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#slots.clear();
    this.#bytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #read(keys: readonly string[]): Map<string, CacheEntry> {
    this.#checkOpen();
    const found = new Map<string, CacheEntry>();
    for (const key of keys) {
      this.#checkKey(key);
      const slot = this.#liveSlot(key);
      if (slot === undefined) continue;
      this.#slots.delete(key);
      this.#slots.set(key, slot);
      found.set(key, { bytes: slot.bytes.slice(), token: slot.token });
    }
    return found;
  }

  #store(key: string, bytes: Uint8Array, ttlMs: Milliseconds): CasToken {
    this.#drop(key);
    // `new Uint8Array(view)` copies, whatever the class of `view`: `Buffer.prototype.slice` would share the memory.
    const slot: Slot = {
      bytes: new Uint8Array(bytes),
      token: Object.freeze({ connection: 0 }),
      endsAtMs: this.#clock.monotonicMs() + ttlMs,
    };
    this.#slots.set(key, slot);
    this.#bytes += sizeOf(key, slot);
    this.#evict();
    return slot.token;
  }

  #evict(): void {
    for (const key of this.#slots.keys()) {
      if (this.#slots.size <= this.#options.maxEntries && this.#bytes <= this.#options.maxBytes) return;
      this.#drop(key);
    }
  }

  #liveSlot(key: string): Slot | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || slot.endsAtMs > this.#clock.monotonicMs()) return slot;
    this.#drop(key);
    return undefined;
  }

  #drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#bytes -= sizeOf(key, slot);
  }

  #checkStore(key: string, bytes: Uint8Array, ttlMs: Milliseconds): void {
    this.#checkOpen();
    this.#checkKey(key);
    if (bytes.byteLength > this.limits.maxValueBytes) {
      throw new TypeError(`MemoryCache: an entry of ${bytes.byteLength} bytes is over maxValueBytes`);
    }
    if (!(ttlMs >= 1)) throw new TypeError("MemoryCache: ttlMs must be at least 1");
  }

  /** What memcached would refuse, or take for two keys, is refused here too: a test against memory then tells. */
  #checkKey(key: string): void {
    if (key.length > this.limits.maxKeyBytes || !printableAscii.test(key)) {
      throw new TypeError(
        "MemoryCache: a key must be 1 to maxKeyBytes characters of printable ASCII without space",
      );
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new AsideError("CLOSED", "The cache was closed");
  }
}

const noBytes = new Uint8Array(0);

const printableAscii = /^[\x21-\x7e]+$/;

function sizeOf(key: string, slot: Slot): number {
  return key.length + slot.bytes.byteLength;
}
