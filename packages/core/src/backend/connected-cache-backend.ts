import type { CacheBackend, CacheCallOptions } from "./cache-backend.js";

/**
 * Optional ability of a {@link CacheBackend} that is reached over connections, which can break. Core uses it to clean
 * a node before it believes it, to notice that a hold may have been lost, and to leave a dead node alone while others serve.
 * Without it core takes the cache for one partition in this process that is always connected.
 */
export interface ConnectedCacheBackend extends CacheBackend {
  /** All nodes, in any order. */
  readonly partitions: readonly string[];

  /** Which node answers for `key`. The same for the same key whether the node is up or not: keys never move by themselves. */
  partitionOf(key: string): string;

  /**
   * Incarnation of the connection to `partition`: a number above 0 that differs for each connection this process has
   * ever had to it, or 0 while there is none. Local knowledge, no I/O.
   */
  connection(partition: string): number;

  /**
   * Connects where there is no connection, and resolves with its incarnation.
   * @throws {AsideError} `CACHE_UNAVAILABLE` or `CACHE_TIMEOUT`; `CONFIGURATION` for a server that cannot keep the
   *   contract, such as one that hands out no CAS tokens.
   */
  connect(partition: string, options?: CacheCallOptions): Promise<number>;
}

/** Whether `cache` has the ability. */
export function isConnected(cache: CacheBackend): cache is ConnectedCacheBackend {
  const candidate = cache as Partial<ConnectedCacheBackend>;
  return (
    Array.isArray(candidate.partitions) &&
    typeof candidate.partitionOf === "function" &&
    typeof candidate.connection === "function" &&
    typeof candidate.connect === "function"
  );
}
