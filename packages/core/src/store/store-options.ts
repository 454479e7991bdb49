import type { CacheBackend } from "../backend/cache-backend.js";
import type { InvalidationBus } from "../backend/invalidation-bus.js";
import type { LockProvider } from "../backend/lock-provider.js";
import type { Observer } from "../backend/observer.js";
import type { PersistenceBackend, Version } from "../backend/persistence-backend.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import type { ValueCodec } from "../backend/value-codec.js";
import type { Clock, Milliseconds, UnixMilliseconds } from "../time/clock.js";

/** How a {@link TieredStore} is put together. Wrong options are refused by a `TypeError` at construction. */
export interface TieredStoreOptions<V> {
  /**
   * Names the store in the cache, in events and in errors. Equal in all processes that share the data, different for
   * different collections. 1 to 64 characters of `[A-Za-z0-9._-]`.
   */
  readonly name: string;

  /** The shared cache. The store leaves it open at `close()`. */
  readonly cache: CacheBackend;

  /** The system of record. Without one the store only loads: see {@link TieredStore.load}. */
  readonly persistence?: PersistenceBackend<V> | undefined;

  /** The transactions of the database that loaders read from. Default: those of `persistence`, else none. */
  readonly transactions?: TransactionScope | undefined;

  /** Locks for `withLock`. Default: none, and `withLock` rejects with `UNSUPPORTED`. */
  readonly locks?: LockProvider | undefined;

  /** How long a cached value is served at most, whatever the row's own expiry. Default: 300,000 (5 minutes). */
  readonly ttlMs?: Milliseconds | undefined;

  /** How long the cache remembers that there is nothing. 0: not at all. Default: 30,000. */
  readonly absenceTtlMs?: Milliseconds | undefined;

  /** Share of a ttl by which it is shortened at random, so that entries made together do not end together. Default: 0.1. */
  readonly ttlJitter?: number | undefined;

  /** Version of the shape of the values. Entries of another one are misses, so that deploys may overlap. 0 to 65,535. Default: 0. */
  readonly schemaVersion?: number | undefined;

  /** Deadline of all cache steps of one read, and of each cache step of a write. Default: 250. */
  readonly cacheTimeoutMs?: Milliseconds | undefined;

  /** Deadline of one read of the database or run of a loader. Default: 30,000. */
  readonly loadTimeoutMs?: Milliseconds | undefined;

  /**
   * How long after its end a value may still be served while the database or the loader fails. Served only where nobody has invalidated it; the
   * source is asked again after a second; until then every caller of the key gets it. 0: not at all. Default: 0.
   */
  readonly staleIfErrorMs?: Milliseconds | undefined;

  /** How long a caller waits for the database or the loader while there is such a value; the load goes on. Needs `staleIfErrorMs`. Default: to the end. */
  readonly softTimeoutMs?: Milliseconds | undefined;

  /** How long before its end a value that is read is loaded anew, behind its readers, by one process. 0: not at all. Default: 0. */
  readonly refreshBeforeMs?: Milliseconds | undefined;

  /**
   * Whether {@link TieredStore.clear} can be used. Every read then fetches one small entry more, in the same round trip. Equal in all processes: to change it
   * makes every entry a miss. Default: `false`.
   */
  readonly clearable?: boolean | undefined;

  /** Encoded values of more bytes are stored compressed, if that makes them smaller. Default: 65,536. */
  readonly compressAboveBytes?: number | undefined;

  /**
   * Keeps values in this process too, in front of the shared cache. Then other processes' writes are seen after its ttl at the latest, or as soon as
   * the bus brings them; this process sees its own at once. Default: no near cache.
   */
  readonly nearCache?: NearCacheSettings | undefined;

  /** The right to fill one missing key. */
  readonly lease?: {
    /** A lease ends by itself after this time; a running load renews it. At least 1,000. Default: 10,000. */
    readonly ttlMs?: Milliseconds | undefined;
    /** How long a read waits for the load of another process before it reads the database itself. Default: 1,000. */
    readonly waitMs?: Milliseconds | undefined;
  };

  /** How a writer hides the old value while it commits. */
  readonly hold?: {
    /** A hold ends by itself after this time; its writer renews it. At least 1,000. Default: 10,000. */
    readonly ttlMs?: Milliseconds | undefined;
  };

  /** How invalidations that could not be confirmed are delivered later. */
  readonly relay?: {
    /** How often the invalidation log is read. Default: 1,000. */
    readonly pollMs?: Milliseconds | undefined;
    /** Longest pause between two attempts to reach a cache node. Default: 5,000. */
    readonly maxBackoffMs?: Milliseconds | undefined;
  };

  /**
   * What a write does when the cache does not confirm its hold: `"log"`: the key goes to the invalidation log with the data;
   * `"reject"`: the write fails with `CACHE_UNAVAILABLE` and is rolled back. Default: `"log"`.
   */
  readonly whenCacheUnreachable?: "log" | "reject" | undefined;

  /**
   * Which keys are logged with every write: `"derived"`: those that do not name the very row written; `"always"`: row
   * keys too, so that even a hold lost together with its writer leaves nothing stale, at the price of a row per write. Default: `"derived"`.
   */
  readonly logInvalidations?: "derived" | "always" | undefined;

  /** Default: JSON that also keeps Date, Map, Set, BigInt, Uint8Array, undefined, NaN. */
  readonly codec?: ValueCodec | undefined;

  /** Default: the machine's. */
  readonly clock?: Clock | undefined;

  /** Default: publishes each event on the `diagnostics_channel` named `aside:` and its type. */
  readonly observer?: Observer | undefined;
}

/** How values are kept in this process. What was not used for longest goes first. */
export interface NearCacheSettings {
  /** How long a value is served, counted from when the shared cache was asked for it: how old it may get behind a write of another process. Default: 1,000. */
  readonly ttlMs?: Milliseconds | undefined;
  /** Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /** About, in memory. Default: 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined;
  /** Brings the invalidations of other processes. The store leaves it open at `close()`. Default: none. */
  readonly bus?: InvalidationBus | undefined;
}

/** A value and the state of its row. */
export interface Versioned<V> {
  readonly value: V;
  /** The row's version, for `expectedVersion`. Absent for a value that a loader gave. */
  readonly version: Version | undefined;
  /** When the value ends. Absent: never. */
  readonly expiresAtMs: UnixMilliseconds | undefined;
}

/** How one value is written. */
export interface SetOptions {
  /** The row ends after this time. Default: never. */
  readonly ttlMs?: Milliseconds | undefined;
  /** The row ends at this instant; not together with `ttlMs`. Default: never. */
  readonly expiresAtMs?: UnixMilliseconds | undefined;
  /** Write only if this version stands (`null`: only if there is no row), else reject with `CONFLICT`. */
  readonly expectedVersion?: Version | null | undefined;
  /**
   * Write only if no newer holder of the lock has written, else reject with `FENCED`. Given but `undefined`, as from a lock whose provider
   * cannot fence: reject with `UNSUPPORTED`.
   */
  readonly fencingToken?: bigint | undefined;
}

/** On which condition one value is removed. */
export type DeleteOptions = Pick<SetOptions, "expectedVersion" | "fencingToken">;

/** How the end of a value is moved. */
export interface TouchOptions {
  /**
   * The row's expiry is written this much later than asked, and only when it would otherwise end before the asked instant; in between
   * only the cached copy is moved. Without the cache a value then lives up to this much longer. Default: 0.
   */
  readonly leadMs?: Milliseconds | undefined;
}

/** What a loader is told. */
export interface LoadContext {
  /** Aborts when the load's deadline has passed. */
  readonly signal: AbortSignal;
}

/**
 * Finds the value of a missing key. `undefined`: there is none, which the cache remembers for `absenceTtlMs`. It must read the primary,
 * in a snapshot begun when it was called.
 */
export type Loader<V> = (context: LoadContext) => Promise<V | undefined>;

/** Like {@link Loader}, for the missing ones of many keys: the result has those that there are. */
export type MissingLoader<V> = (
  keys: readonly string[],
  context: LoadContext,
) => Promise<ReadonlyMap<string, V>>;

/** How what a loader gives is kept, and how long it may take. Out of range: a `TypeError`. */
export interface LoadOptions<V> {
  /** How long the value is served at most, fixed or by the value. 0: not cached. Default: the store's `ttlMs`. */
  readonly ttlMs?: Milliseconds | ((value: V) => Milliseconds) | undefined;
  /** How long the cache remembers that there is nothing. 0: not at all. Default: the store's. */
  readonly absenceTtlMs?: Milliseconds | undefined;
  /** Deadline of the loader, whose signal aborts then. Default: the store's `loadTimeoutMs`. */
  readonly timeoutMs?: Milliseconds | undefined;
  /** Default: the store's. */
  readonly softTimeoutMs?: Milliseconds | undefined;
  /** Default: the store's. */
  readonly staleIfErrorMs?: Milliseconds | undefined;
  /** Default: the store's. */
  readonly refreshBeforeMs?: Milliseconds | undefined;
  /**
   * What the value belongs to, for {@link TieredStore.invalidateTags}: at most 64, known before the value is. Two callers with other tags for
   * one key do not see each other's copy. Default: none.
   */
  readonly tags?: readonly string[] | undefined;
}

/** Keys and tags that a change makes stale. */
export interface StaleEntries {
  readonly keys?: Iterable<string> | undefined;
  readonly tags?: Iterable<string> | undefined;
}

/**
 * New value of a key from its present one; `undefined` on either side means absent.
 *
 * May be called more than once, each time with a newer value and an object of its own, so it must have no effect that counts. What it throws
 * is passed on as it is, and nothing is written.
 */
export type Change<V> = (current: V | undefined) => V | undefined | Promise<V | undefined>;

/** How one value is updated. */
export interface UpdateOptions {
  /** The row ends after this time. Default: it keeps its end; a new row never ends. */
  readonly ttlMs?: Milliseconds | undefined;
  /** The row ends at this instant; not together with `ttlMs`. Default: as `ttlMs`. */
  readonly expiresAtMs?: UnixMilliseconds | undefined;
  /**
   * How often the change is tried, the first time included, before `CONFLICT`. 1 to 100. Inside a transaction the row is locked, and there
   * is one. Default: 20.
   */
  readonly attempts?: number | undefined;
}
