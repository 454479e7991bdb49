import type { Milliseconds } from "../time/clock.js";

/**
 * Names one state of one entry: the backend hands out a new token with every change of the entry.
 * Opaque to core but for `connection`. A backend may add fields of its own.
 */
export interface CasToken {
  /**
   * The incarnation of the connection on which the token holds; 0 for a cache that is reached over none.
   * A token of an earlier incarnation must never match again: memcached's counter restarts at 1 with the server, and
   * an old token would then match a new entry.
   */
  readonly connection: number;
}

/** What a cache holds for a key. */
export interface CacheEntry {
  /** The bytes as they were stored. The receiver must not change them. */
  readonly bytes: Uint8Array;
  readonly token: CasToken;
}

/** Bounds of one cache operation. */
export interface CacheCallOptions {
  /**
   * The caller stops waiting after this time. The backend should settle by then with `CACHE_TIMEOUT` and then must make
   * sure that the operation, if it was a store, is not sent again. Core keeps its own deadline besides.
   */
  readonly timeoutMs?: Milliseconds | undefined;
}

/** What a cache can take. */
export interface CacheLimits {
  /** Longest key in bytes, at least 128. Core hashes longer ones before they get here. */
  readonly maxKeyBytes: number;
  /**
   * Largest entry in bytes. Core never sends a larger one, since memcached answers an oversize store by removing
   * whatever stands there.
   */
  readonly maxValueBytes: number;
  /** Grain of the backend's clock: a ttl lives up to one step shorter than asked. 1 for an exact one, 1000 for memcached. */
  readonly ttlStepMs: Milliseconds;
}

/**
 * A shared, volatile store of opaque bytes. May lose any entry at any time; must never return a wrong one.
 *
 * Contract for every member:
 * - Safe for concurrent calls. Operations on one key take effect one after the other.
 * - A miss and a lost race are return values. A rejection is an `AsideError` with `CACHE_UNAVAILABLE`, `CACHE_TIMEOUT` or
 *   `CLOSED` and means *outcome unknown*: the operation may have happened, or may happen later.
 * - No store operation (`add`, `set`, `compareAndSet`) is ever sent twice, on any connection: a late duplicate could win.
 * - Keys are 1 to `limits.maxKeyBytes` bytes of printable ASCII without space; core makes them so.
 * - `ttlMs` is at least 1 and relative to now. A coarser backend rounds up.
 *
 * An implementation proves itself with `cacheBackendContract` of `@aside/core/testing`.
 */
export interface CacheBackend extends AsyncDisposable {
  /**
   * Names this cache in the invalidation log: equal in all processes that share the cache, different for different
   * caches of one database. 1 to 64 characters of `[A-Za-z0-9._-]`.
   */
  readonly name: string;

  readonly limits: CacheLimits;

  /** Reads many entries in one round trip. Keys that hold nothing are not in the result. An empty list does no I/O. */
  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<ReadonlyMap<string, CacheEntry>>;

  /** Stores `bytes` only while the key holds nothing; resolves with `undefined` when it holds something. */
  add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined>;

  /** Stores `bytes` whatever the key holds. Core uses it for holds alone. */
  set(key: string, bytes: Uint8Array, ttlMs: Milliseconds, options?: CacheCallOptions): Promise<CasToken>;

  /**
   * Stores `bytes` only if the entry is still the one that `token` names; resolves with `undefined` when it is another
   * one, is gone, or the connection of the token has ended.
   */
  compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined>;

  /** Removes the entry if it is still the one that `token` names; resolves with `false` otherwise. */
  delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean>;

  /** Ends all connections. Idempotent. Calls under way settle; later ones reject with `CLOSED`. */
  close(): Promise<void>;
}
