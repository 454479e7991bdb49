export { MemcachedCache, openMemcachedCache } from "./memcached-cache.js";
export type { MemcachedCacheOptions } from "./memcached-cache-options.js";
export { MemcachedLock, type MemcachedLockOptions } from "./memcached-lock.js";
export { MemjsCache, openMemjsCache } from "./memjs-cache.js";
export type { MemjsCacheOptions } from "./memjs-cache-options.js";
export type { MemjsClient } from "./memjs-client.js";
export type { NodeStats, ServerStats } from "./node-stats.js";
export { RingChangeover, type RingChangeoverOptions } from "./ring-changeover.js";
