import type { Milliseconds } from "../time/clock.js";

/** A key that still has to be removed from a cache. */
export interface InvalidationEntry {
  /** Random id, chosen by the writer, so that it can strike exactly its own rows. */
  readonly id: string;
  /** {@link CacheBackend.name} of the cache. */
  readonly cache: string;
  /** The final key, as the cache knows it. */
  readonly key: string;
}

/**
 * Table in the database of the data that names the cache keys whose hold or release could not be confirmed. Its rows commit together
 * with the data, so that a crash loses neither. Safe for concurrent calls from many processes.
 */
export interface InvalidationLog {
  /** Adds rows: within the surrounding transaction, else in one of its own. An empty list does nothing. */
  append(entries: readonly InvalidationEntry[]): Promise<void>;

  /**
   * Reads committed rows of one cache without locking them, in the order of `id`.
   * @param afterId - only rows with a greater id. For one scan from the beginning to the end; never kept between scans, since
   *   rows with smaller ids appear later.
   */
  read(cache: string, limit: number, afterId?: string): Promise<readonly InvalidationEntry[]>;

  /** Deletes exactly the rows with these ids; ids that are gone already are no error. */
  remove(ids: readonly string[]): Promise<void>;

  /** Age of the oldest row of `cache` by the database's clock; `undefined` when there is none. */
  oldestAgeMs(cache: string): Promise<Milliseconds | undefined>;
}
