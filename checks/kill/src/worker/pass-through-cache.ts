import type {
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
  ConnectedCacheBackend,
  Milliseconds,
} from "@aside/core";

/** Hands every call to another cache. The base of wrappers that change a few. */
export class PassThroughCache implements ConnectedCacheBackend {
  readonly inner: ConnectedCacheBackend;

  constructor(inner: ConnectedCacheBackend) {
    this.inner = inner;
  }

  get name(): string {
    return this.inner.name;
  }

  get limits(): CacheLimits {
    return this.inner.limits;
  }

  get partitions(): readonly string[] {
    return this.inner.partitions;
  }

  partitionOf(key: string): string {
    return this.inner.partitionOf(key);
  }

  connection(partition: string): number {
    return this.inner.connection(partition);
  }

  connect(partition: string, options?: CacheCallOptions): Promise<number> {
    return this.inner.connect(partition, options);
  }

  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.inner.getMany(keys, options);
  }

  add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.inner.add(key, bytes, ttlMs, options);
  }

  set(key: string, bytes: Uint8Array, ttlMs: Milliseconds, options?: CacheCallOptions): Promise<CasToken> {
    return this.inner.set(key, bytes, ttlMs, options);
  }

  compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.inner.compareAndSet(key, bytes, ttlMs, token, options);
  }

  delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    return this.inner.delete(key, token, options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
