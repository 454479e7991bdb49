import type { CacheBackend, CacheEntry, CacheLimits, CasToken } from "../backend/cache-backend.js";
import { isLeasing, type LeasedEntry, type LeasingCacheBackend } from "../backend/leasing-cache-backend.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { cacheLate, withDeadline } from "./deadline.js";

/** A cache with core's own deadline on every call, whatever the backend does. */
export class BoundedCache {
  readonly #cache: CacheBackend;
  readonly #leasing: LeasingCacheBackend | undefined;
  readonly #clock: Clock;

  constructor(cache: CacheBackend, clock: Clock) {
    this.#cache = cache;
    this.#leasing = isLeasing(cache) ? cache : undefined;
    this.#clock = clock;
  }

  get name(): string {
    return this.#cache.name;
  }

  /** As it is now: it may change when a server is connected. */
  get limits(): CacheLimits {
    return this.#cache.limits;
  }

  /** The ttl to store what must not end before `ttlMs`: a coarse clock lets an entry live up to one step less than asked. */
  lastingTtlMs(ttlMs: Milliseconds): Milliseconds {
    const { ttlStepMs } = this.limits;
    return ttlMs + (ttlStepMs > 1 ? ttlStepMs : 0);
  }

  async getMany(keys: readonly string[], timeoutMs: Milliseconds): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.#bound(timeoutMs, this.#cache.getMany(keys, { timeoutMs }));
  }

  /** Reads `keys`, and takes a lease of those that hold nothing, where the cache has the ability. */
  async getOrLease(
    keys: readonly string[],
    leaseTtlMs: Milliseconds,
    timeoutMs: Milliseconds,
  ): Promise<ReadonlyMap<string, CacheEntry & Partial<LeasedEntry>>> {
    if (this.#leasing === undefined) return this.getMany(keys, timeoutMs);
    return this.#bound(timeoutMs, this.#leasing.getOrLease(keys, leaseTtlMs, { timeoutMs }));
  }

  /** One key, or `undefined` where it holds nothing. */
  async get(key: string, timeoutMs: Milliseconds): Promise<CacheEntry | undefined> {
    return (await this.getMany([key], timeoutMs)).get(key);
  }

  async add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    timeoutMs: Milliseconds,
  ): Promise<CasToken | undefined> {
    return this.#bound(timeoutMs, this.#cache.add(key, bytes, ttlMs, { timeoutMs }));
  }

  async set(key: string, bytes: Uint8Array, ttlMs: Milliseconds, timeoutMs: Milliseconds): Promise<CasToken> {
    return this.#bound(timeoutMs, this.#cache.set(key, bytes, ttlMs, { timeoutMs }));
  }

  async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    timeoutMs: Milliseconds,
  ): Promise<CasToken | undefined> {
    return this.#bound(timeoutMs, this.#cache.compareAndSet(key, bytes, ttlMs, token, { timeoutMs }));
  }

  async delete(key: string, token: CasToken, timeoutMs: Milliseconds): Promise<boolean> {
    return this.#bound(timeoutMs, this.#cache.delete(key, token, { timeoutMs }));
  }

  #bound<T>(timeoutMs: Milliseconds, call: Promise<T>): Promise<T> {
    return withDeadline(this.#clock, timeoutMs, call, cacheLate);
  }
}
