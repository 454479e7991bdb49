export type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
} from "./backend/cache-backend.js";
export { type ConnectedCacheBackend, isConnected } from "./backend/connected-cache-backend.js";
export type { InvalidationBus, Unsubscribe } from "./backend/invalidation-bus.js";
export type { InvalidationEntry, InvalidationLog } from "./backend/invalidation-log.js";
export { isLeasing, type LeasedEntry, type LeasingCacheBackend } from "./backend/leasing-cache-backend.js";
export type { AcquireOptions, Lock, LockProvider } from "./backend/lock-provider.js";
export type { Observer, StoreEvent } from "./backend/observer.js";
export type {
  PersistedValue,
  PersistenceBackend,
  ReadOptions,
  RemoveResult,
  Version,
  WriteOptions,
  WriteResult,
} from "./backend/persistence-backend.js";
export { isRelocating, type RelocatingCacheBackend } from "./backend/relocating-cache-backend.js";
export type {
  Transaction,
  TransactionEnd,
  TransactionOptions,
  TransactionParticipant,
  TransactionScope,
} from "./backend/transaction-scope.js";
export type { ValueCodec } from "./backend/value-codec.js";
export { richJsonCodec } from "./entry/rich-json-codec.js";
export { AsideError, type AsideErrorDetails, isAsideError } from "./errors/aside-error.js";
export type { AsideErrorCode } from "./errors/aside-error-code.js";
export { type ConflictDetails, ConflictError } from "./errors/conflict-error.js";
export { MemoryCache } from "./memory/memory-cache.js";
export type { MemoryCacheOptions } from "./memory/memory-cache-options.js";
export { MemoryInvalidationBus } from "./memory/memory-invalidation-bus.js";
export { MemoryLock, type MemoryLockOptions } from "./memory/memory-lock.js";
export { MemoryPersistence, type MemoryPersistenceOptions } from "./memory/memory-persistence.js";
export { MemoryTransactions, type MemoryTransactionsOptions } from "./memory/memory-transactions.js";
export type {
  Change,
  DeleteOptions,
  LoadContext,
  Loader,
  LoadOptions,
  MissingLoader,
  NearCacheSettings,
  SetOptions,
  StaleEntries,
  TieredStoreOptions,
  TouchOptions,
  UpdateOptions,
  Versioned,
} from "./store/store-options.js";
export type { Latency, ReadSource, StoreStats } from "./store/store-stats.js";
export { TieredStore, type WithLockOptions } from "./store/tiered-store.js";
export type { Clock, ClockTimer, Milliseconds, TimerPurpose, UnixMilliseconds } from "./time/clock.js";
export { systemClock } from "./time/system-clock.js";
