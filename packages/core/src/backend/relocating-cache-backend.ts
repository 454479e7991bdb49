import type { CacheBackend } from "./cache-backend.js";

/**
 * Optional ability of a {@link CacheBackend} whose keys move from one node to another while processes that read them at the old node and processes
 * that read them at the new one run side by side. Core holds, confirms, renews and releases a key at all its places, and takes it for confirmed
 * only when all are; it reads, leases and fills the key itself alone. Without the ability a key has one place.
 */
export interface RelocatingCacheBackend extends CacheBackend {
  /**
   * Where other processes read and fill `key`, besides the place where this one does: names that every member of this cache takes in the place of a
   * key, and that no key equals. Empty for a key that does not move; always the same for the same key.
   */
  otherPlacesOf(key: string): readonly string[];
}

/** Whether `cache` has the ability. */
export function isRelocating(cache: CacheBackend): cache is RelocatingCacheBackend {
  return typeof (cache as Partial<RelocatingCacheBackend>).otherPlacesOf === "function";
}
