import type { CacheCallOptions, CacheEntry, CacheLimits, CasToken } from "../backend/cache-backend.js";
import type { ConnectedCacheBackend } from "../backend/connected-cache-backend.js";
import type { RelocatingCacheBackend } from "../backend/relocating-cache-backend.js";
import type { Milliseconds } from "../time/clock.js";
import type { ConnectedMemoryCache } from "./connected-memory-cache.js";

const mark = " ";

/** A cache all of whose keys move between two nodes. A process that is given them the other way round reads at the other node. */
export class RelocatingMemoryCache implements ConnectedCacheBackend, RelocatingCacheBackend {
  readonly name: string;
  readonly limits: CacheLimits;
  readonly partitions: readonly string[] = ["here"];
  readonly #here: ConnectedMemoryCache;
  readonly #there: ConnectedMemoryCache;

  constructor(here: ConnectedMemoryCache, there: ConnectedMemoryCache) {
    this.name = here.name;
    this.limits = here.limits;
    this.#here = here;
    this.#there = there;
  }

  otherPlacesOf(key: string): readonly string[] {
    return [mark + key];
  }

  partitionOf(place: string): string {
    return place.startsWith(mark) ? "there" : "here";
  }

  connection(partition: string): number {
    return this.#node(partition).connection();
  }

  connect(partition: string): Promise<number> {
    return this.#node(partition).connect();
  }

  async getMany(
    places: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    const found = new Map<string, CacheEntry>();
    for (const place of places) {
      const key = keyOf(place);
      const entry = (await this.#at(place).getMany([key], options)).get(key);
      if (entry !== undefined) found.set(place, entry);
    }
    return found;
  }

  add(place: string, bytes: Uint8Array, ttlMs: Milliseconds): Promise<CasToken | undefined> {
    return this.#at(place).add(keyOf(place), bytes, ttlMs);
  }

  set(place: string, bytes: Uint8Array, ttlMs: Milliseconds): Promise<CasToken> {
    return this.#at(place).set(keyOf(place), bytes, ttlMs);
  }

  compareAndSet(
    place: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
  ): Promise<CasToken | undefined> {
    return this.#at(place).compareAndSet(keyOf(place), bytes, ttlMs, token);
  }

  delete(place: string, token: CasToken): Promise<boolean> {
    return this.#at(place).delete(keyOf(place), token);
  }

  async close(): Promise<void> {
    await Promise.all([this.#here.close(), this.#there.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #at(place: string): ConnectedMemoryCache {
    return this.#node(this.partitionOf(place));
  }

  #node(partition: string): ConnectedMemoryCache {
    return partition === "here" ? this.#here : this.#there;
  }
}

function keyOf(place: string): string {
  return place.startsWith(mark) ? place.slice(mark.length) : place;
}
