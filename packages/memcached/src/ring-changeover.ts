import {
  type CacheCallOptions,
  type CacheEntry,
  type CacheLimits,
  type CasToken,
  type ConnectedCacheBackend,
  isConnected,
  isLeasing,
  type LeasingCacheBackend,
  type Milliseconds,
  type RelocatingCacheBackend,
} from "@aside/core";

/** The two lists of servers of a changeover, each as a cache of its own. */
export interface RingChangeoverOptions {
  /** The list where this process reads and fills. */
  readonly serving: ConnectedCacheBackend;
  /** The list where processes of the neighbouring phase read and fill: the one to come, or the one that was. */
  readonly other: ConnectedCacheBackend;
}

/** Stands before the key in the name of a place on the other list. No key has a space. */
const mark = " ";
/** Stands before the name of a partition of the other list. */
const otherPartition = "other:";

/**
 * A cache whose list of servers is being changed, over two caches that both stay open until every process has gone over. Reads, leases and
 * fills go to `serving` alone. What a writer does so that no old value is served, core does on both lists: a hold is placed,
 * confirmed, renewed and released on both, and one that is not confirmed on both counts as not confirmed.
 *
 * Invariant: all readers of a key read at a place at which all writers of the key hold it. The interleaving it closes: one process reads by the new
 * list and fills the new node; a writer that knows the old list alone holds and releases at the old node; the new node serves the old
 * value for its whole ttl. So there is a phase in which every process reads by the old list and already holds on both, before the first process
 * reads by the new one: see "To change the list of servers" in the README.
 *
 * A key that has the same node on both lists has one place, and costs nothing more. Owns both caches: `close` closes them. A lock
 * stands on `serving` alone.
 */
export class RingChangeover implements ConnectedCacheBackend, RelocatingCacheBackend {
  readonly name: string;
  readonly #serving: ConnectedCacheBackend;
  readonly #other: ConnectedCacheBackend;
  /** There only where `serving` has the ability. */
  readonly getOrLease?: LeasingCacheBackend["getOrLease"];

  /** @throws {TypeError} for wrong options. */
  constructor({ serving, other }: RingChangeoverOptions) {
    if (!isConnected(serving) || !isConnected(other))
      throw new TypeError("serving and other: two caches on memcached.");
    if (serving === other) throw new TypeError("serving and other: two caches, each with its own list.");
    if (serving.name !== other.name)
      throw new TypeError("serving and other: they are one cache in the invalidation log, so have one name.");
    this.name = serving.name;
    this.#serving = serving;
    this.#other = other;
    if (isLeasing(serving)) this.getOrLease = serving.getOrLease.bind(serving);
  }

  get limits(): CacheLimits {
    return this.#serving.limits;
  }

  /** Those of `serving`. Places on the other list belong to partitions besides these. */
  get partitions(): readonly string[] {
    return this.#serving.partitions;
  }

  partitionOf(place: string): string {
    return isMarked(place)
      ? otherPartition + this.#other.partitionOf(keyAt(place))
      : this.#serving.partitionOf(place);
  }

  otherPlacesOf(key: string): readonly string[] {
    return this.#serving.partitionOf(key) === this.#other.partitionOf(key) ? [] : [mark + key];
  }

  connection(partition: string): number {
    const { cache, name } = this.#partition(partition);
    return cache.connection(name);
  }

  async connect(partition: string, options?: CacheCallOptions): Promise<number> {
    const { cache, name } = this.#partition(partition);
    return cache.connect(name, options);
  }

  async getMany(
    places: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    const marked = places.filter(isMarked);
    if (marked.length === 0) return this.#serving.getMany(places, options);
    const keys = places.filter((place) => !isMarked(place));
    const [here, there] = await Promise.all([
      this.#serving.getMany(keys, options),
      this.#other.getMany(marked.map(keyAt), options),
    ]);
    return new Map([...here, ...[...there].map(([key, entry]) => [mark + key, entry] as const)]);
  }

  async add(
    place: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#at(place).add(keyAt(place), bytes, ttlMs, options);
  }

  async set(
    place: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#at(place).set(keyAt(place), bytes, ttlMs, options);
  }

  async compareAndSet(
    place: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#at(place).compareAndSet(keyAt(place), bytes, ttlMs, token, options);
  }

  async delete(place: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    return this.#at(place).delete(keyAt(place), token, options);
  }

  async close(): Promise<void> {
    await Promise.all([this.#serving.close(), this.#other.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #at(place: string): ConnectedCacheBackend {
    return isMarked(place) ? this.#other : this.#serving;
  }

  #partition(partition: string): { readonly cache: ConnectedCacheBackend; readonly name: string } {
    return partition.startsWith(otherPartition)
      ? { cache: this.#other, name: partition.slice(otherPartition.length) }
      : { cache: this.#serving, name: partition };
  }
}

function isMarked(place: string): boolean {
  return place.startsWith(mark);
}

function keyAt(place: string): string {
  return isMarked(place) ? place.slice(mark.length) : place;
}
