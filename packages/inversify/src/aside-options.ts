import type {
  CacheBackend,
  Clock,
  LockProvider,
  Observer,
  PersistenceBackend,
  TieredStoreOptions,
  TransactionScope,
} from "@aside/core";
import type { Provided } from "./provided.js";

type Shared = "name" | "cache" | "persistence" | "transactions" | "locks" | "clock" | "observer";

/** How one store is put together: the options of `TieredStore` but for what the module gives to all of its stores. */
export interface StoreSettings<V, D> extends Omit<TieredStoreOptions<V>, Shared> {
  /** The system of record. A function gets the module's `database`. Without one the store only loads. */
  readonly persistence?: Provided<PersistenceBackend<V>, [database: D]> | undefined;
}

/** What {@link asideModule} binds. */
export interface AsideModuleOptions<D = undefined> {
  /** The shared cache of all stores of the module. */
  readonly cache: Provided<CacheBackend>;

  /** What persistence, transactions and locks are made from, such as a `KnexDatabase`. Bound as `databaseToken()`. */
  readonly database?: Provided<D> | undefined;

  /** Transactions for stores that only load. Default: those of each store's persistence. */
  readonly transactions?: Provided<TransactionScope, [database: D]> | undefined;

  /** Locks for `withLock`. Default: none. */
  readonly locks?: Provided<LockProvider, [database: D]> | undefined;

  /** Default: the machine's. */
  readonly clock?: Clock | undefined;

  /** Default: that of `TieredStore`. */
  readonly observer?: Observer | undefined;

  /** The stores by their names, bound as `storeToken(name)`. The name is also the store's in the cache: see `TieredStoreOptions.name`. */
  readonly stores: Readonly<Record<string, StoreSettings<unknown, D>>>;

  /** Name of the store that is injected for the class `TieredStore`. Default: none. */
  readonly default?: string | undefined;
}

/** @throws {TypeError} for options that cannot be meant. */
export function requireModuleOptions<D>(options: AsideModuleOptions<D>): AsideModuleOptions<D> {
  const { cache, stores, default: defaultStore } = options;
  if (cache === undefined || cache === null) throw new TypeError("asideModule needs a cache");
  if (typeof stores !== "object" || stores === null)
    throw new TypeError("asideModule needs stores: { users: { ... } }");
  if (defaultStore !== undefined && !Object.hasOwn(stores, defaultStore)) {
    throw new TypeError(
      `The default store "${defaultStore}" is not one of stores: ${Object.keys(stores).join(", ")}`,
    );
  }
  return options;
}
