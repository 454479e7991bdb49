import type { Loader, LoadOptions } from "@aside/core";

/**
 * What `@Cached` needs of a store: any `TieredStore<V>` has it. Stated as a structure, so that stores of the ESM and the CJS copy of the core
 * package do equally.
 */
export interface CachingStore<V> {
  load(key: string, loader: Loader<V>, options?: LoadOptions<V>): Promise<V | undefined>;
}

/** What `@Persisted` needs of a store: any `TieredStore` of a database with transactions has it. */
export interface PersistingStore {
  persist<T>(work: () => Promise<T>, keysOf: (result: T) => Iterable<string>): Promise<T>;
}
