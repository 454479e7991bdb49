export { cacheKey } from "./cache-key.js";
export {
  Cached,
  type CachedDecorator,
  type CachedFunctionOptions,
  type CachedOptions,
  type CheckCached,
  cached,
} from "./cached.js";
export type { CachedKey, CachedLifetime } from "./cached-options.js";
export type { KeyPart } from "./key-part.js";
export type { AnyMethod } from "./method-decorator.js";
export {
  type CheckPersisted,
  type Keys,
  Persisted,
  type PersistedDecorator,
  type PersistedFunctionOptions,
  type PersistedKeys,
  type PersistedOptions,
  persisted,
} from "./persisted.js";
export type { CachingStore, PersistingStore } from "./stores.js";
