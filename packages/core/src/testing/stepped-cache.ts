import type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
} from "../backend/cache-backend.js";
import type { Milliseconds } from "../time/clock.js";

/** The operations of a {@link CacheBackend} that a test can stop. */
export type CacheOperation = "getMany" | "add" | "set" | "compareAndSet" | "delete";

/** A call that waits for the test to let it go. */
export interface StoppedCall {
  /** Resolves when the call has got to where it was to stop. */
  readonly reached: Promise<void>;
  /** Lets it go on. */
  go(): void;
  /** Ends it with this error instead. At `"reply"` the operation has happened all the same. */
  fail(error: unknown): void;
}

interface Stop extends StoppedCall {
  readonly operation: CacheOperation;
  readonly at: "request" | "reply";
  readonly pass: () => Promise<void>;
}

/**
 * Wraps a cache and stops single calls by hand, on the way to it or on the way back: for tests that play an interleaving
 * step by step. Counts the calls.
 */
export class SteppedCache implements CacheBackend {
  readonly name: string;
  readonly limits: CacheLimits;
  /** How many calls of each operation were made, stopped ones included. */
  readonly calls: Record<CacheOperation, number> = {
    getMany: 0,
    add: 0,
    set: 0,
    compareAndSet: 0,
    delete: 0,
  };
  #inner: CacheBackend;
  readonly #stops: Stop[] = [];

  constructor(inner: CacheBackend) {
    this.#inner = inner;
    this.name = inner.name;
    this.limits = inner.limits;
  }

  /** Stops the next call of `operation` that is not spoken for yet, before it reaches the cache or before its answer gets back. */
  stopNext(operation: CacheOperation, at: "request" | "reply"): StoppedCall {
    const reached = resolvers<void>();
    const released = resolvers<void>();
    released.promise.catch(() => undefined);
    const stop: Stop = {
      operation,
      at,
      reached: reached.promise,
      go: () => released.resolve(),
      fail: (error) => released.reject(error),
      pass: () => {
        reached.resolve();
        return released.promise;
      },
    };
    this.#stops.push(stop);
    return stop;
  }

  /** Goes on with another cache, as after a restart of the server. */
  protected reset(inner: CacheBackend): void {
    this.#inner = inner;
  }

  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.#step("getMany", () => this.#inner.getMany(keys, options));
  }

  add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#step("add", () => this.#inner.add(key, bytes, ttlMs, options));
  }

  set(key: string, bytes: Uint8Array, ttlMs: Milliseconds, options?: CacheCallOptions): Promise<CasToken> {
    return this.#step("set", () => this.#inner.set(key, bytes, ttlMs, options));
  }

  compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#step("compareAndSet", () => this.#inner.compareAndSet(key, bytes, ttlMs, token, options));
  }

  delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    return this.#step("delete", () => this.#inner.delete(key, token, options));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #step<T>(operation: CacheOperation, call: () => Promise<T>): Promise<T> {
    this.calls[operation] += 1;
    const index = this.#stops.findIndex((stop) => stop.operation === operation);
    const stop = index === -1 ? undefined : this.#stops.splice(index, 1)[0];
    if (stop?.at === "request") await stop.pass();
    const result = await call();
    if (stop?.at === "reply") await stop.pass();
    return result;
  }
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function resolvers<T>(): Resolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
