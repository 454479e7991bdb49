import type { CasToken, Clock, ConnectedCacheBackend, Milliseconds } from "@aside/core";
import { openMemcachedCache, openMemjsCache } from "@aside/memcached";

export interface OpenOptions {
  readonly servers: readonly string[];
  readonly clock?: Clock;
  /** Default: as for everybody. */
  readonly maxReconnectDelayMs?: Milliseconds;
}

/** One way to speak to memcached. */
export interface Transport {
  readonly name: "MemcachedCache" | "MemjsCache";
  open(options: OpenOptions): ConnectedCacheBackend;
  /** Takes the right to fill a key that holds nothing; `undefined`: it holds something. */
  lease(cache: ConnectedCacheBackend, key: string, timeoutMs: Milliseconds): Promise<CasToken | undefined>;
}

const leaseTtlMs: Milliseconds = 30_000;

export const transports: readonly Transport[] = [
  {
    name: "MemcachedCache",
    open: openMemcachedCache,
    async lease(cache, key, timeoutMs) {
      const { getOrLease } = cache as ReturnType<typeof openMemcachedCache>;
      const entry = (await getOrLease.call(cache, [key], leaseTtlMs, { timeoutMs })).get(key);
      return entry?.leased === true ? entry.token : undefined;
    },
  },
  {
    name: "MemjsCache",
    open: openMemjsCache,
    lease: (cache, key, timeoutMs) => cache.add(key, new Uint8Array(0), leaseTtlMs, { timeoutMs }),
  },
];
