import type { Milliseconds } from "../time/clock.js";
import type { CacheBackend, CacheCallOptions, CacheEntry } from "./cache-backend.js";

/** What {@link LeasingCacheBackend.getOrLease} found at a key, or put there. */
export interface LeasedEntry extends CacheEntry {
  /** Whether this call put the entry there: an empty one, whose token is the right to replace it. */
  readonly leased: boolean;
}

/**
 * Optional ability of a {@link CacheBackend}: to read keys and take the lease of the missing ones in the same round trip, as memcached's
 * `mg` with the flag `N` does. Without it core reads with `getMany` and then takes the lease with `add`.
 */
export interface LeasingCacheBackend extends CacheBackend {
  /**
   * Reads entries, and stores an empty one for `leaseTtlMs` at each key that holds nothing; of several callers at once exactly one gets it as
   * `leased`. The result has every key that was asked for, but those that a full server could not store an entry for. Like any store it is never
   * sent twice; a rejection means that leases may have been taken, which then run out.
   */
  getOrLease(
    keys: readonly string[],
    leaseTtlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, LeasedEntry>>;
}

/** Whether `cache` has the ability. */
export function isLeasing(cache: CacheBackend): cache is LeasingCacheBackend {
  return typeof (cache as Partial<LeasingCacheBackend>).getOrLease === "function";
}
