import type { CacheBackend, LockProvider, TieredStore, TransactionScope } from "@aside/core";
import type { ServiceIdentifier } from "inversify";

/**
 * The identifier of a named store: `@inject(storeToken<User>("users")) users: TieredStore<User>`. The same for the same name everywhere;
 * which store it stands for is up to each container.
 */
export function storeToken<V>(name: string): ServiceIdentifier<TieredStore<V>> {
  return Symbol.for(`@aside/inversify/store/${name}`);
}

/** The identifier of what the option `database` of the module gave. */
export function databaseToken<D>(): ServiceIdentifier<D> {
  return Symbol.for("@aside/inversify/database");
}

/** The identifier of the cache of the module, for whoever needs it beside the stores. To rebind it does not change the stores. */
export const cacheToken: ServiceIdentifier<CacheBackend> = Symbol.for("@aside/inversify/cache");

/** The identifier of the transactions of the module, bound when the option is there. */
export const transactionsToken: ServiceIdentifier<TransactionScope> = Symbol.for(
  "@aside/inversify/transactions",
);

/** The identifier of the locks of the module, bound when the option is there. */
export const locksToken: ServiceIdentifier<LockProvider> = Symbol.for("@aside/inversify/locks");
