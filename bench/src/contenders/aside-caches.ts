import type { CacheBackend } from "@aside/core";
import { openMemcachedCache, openMemjsCache } from "@aside/memcached";

/** A cache backend of Aside on one memcached. */
export interface AsideCache {
  readonly name: string;
  open(address: string): CacheBackend;
}

/** All that take part in every benchmark. */
export const asideCaches: readonly AsideCache[] = [
  { name: "MemcachedCache", open: (address) => openMemcachedCache({ servers: address }) },
  { name: "MemjsCache", open: (address) => openMemjsCache({ servers: address }) },
];
