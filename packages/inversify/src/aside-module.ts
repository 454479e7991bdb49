import { TieredStore } from "@aside/core";
import {
  type Container,
  ContainerModule,
  type ContainerModuleLoadOptions,
  type ServiceIdentifier,
} from "inversify";
import { AsideLifetime } from "./aside-lifetime.js";
import { type AsideModuleOptions, requireModuleOptions } from "./aside-options.js";
import type { Lazy } from "./lazy.js";
import { cacheToken, databaseToken, locksToken, storeToken, transactionsToken } from "./tokens.js";

const lifetimeToken: ServiceIdentifier<AsideLifetime> = Symbol.for("@aside/inversify/lifetime");

/**
 * Binds a cache, a database and stores in a container. Each is made when it is first needed and is one for the container and its
 * children; two containers share nothing but what they were both given.
 *
 * Where a function of the options is asynchronous, call `await openAside(container)` once at the start: services then get their
 * stores synchronously. Closing: {@link closeAside}, or `container.unbindAllAsync()`, which does the same on its way. (`unbindAll()` cannot
 * wait, and inversify throws.)
 *
 * In tests rebind a store: `container.rebind(storeToken("users")).toConstantValue(store)`; whoever asks from then on gets that one.
 *
 * @throws {TypeError} for options that cannot be meant.
 */
export function asideModule<D = undefined>(options: AsideModuleOptions<D>): ContainerModule {
  const checked = requireModuleOptions(options);
  return new ContainerModule(({ bind }) => {
    // Here and not outside: the same module may be loaded into two containers.
    const lifetime = new AsideLifetime(checked);
    // An identifier of its own, which no child container can rebind.
    const own: ServiceIdentifier<AsideLifetime> = Symbol("@aside/inversify/lifetime");
    bind<AsideLifetime>(own)
      .toConstantValue(lifetime as AsideLifetime)
      .onDeactivation((ending) => ending.close());
    bind(lifetimeToken).toService(own);
    bindLazy(bind, own, cacheToken, lifetime.cache);
    bindLazy(bind, own, databaseToken<D>(), lifetime.database);
    bindLazy(bind, own, transactionsToken, lifetime.transactions);
    bindLazy(bind, own, locksToken, lifetime.locks);
    for (const [name, store] of lifetime.stores) bindLazy(bind, own, storeToken<unknown>(name), store);
    if (options.default !== undefined) bind(TieredStore).toService(storeToken(options.default));
  });
}

/**
 * Opens everything that {@link asideModule} bound in `container`: connects and sets up what its functions make, once.
 * Rejects with the first failure, after closing what had been opened.
 */
export async function openAside(container: Container): Promise<void> {
  for (const lifetime of lifetimesOf(container)) await lifetime.open();
}

/**
 * Closes what {@link asideModule} bound in `container`: first the stores, which wait for their running fills, then what the module opened, last
 * opened first. What the module was given stays open, and so do the parents of `container`. Idempotent.
 * @throws {AggregateError} of what could not be closed; everything was tried.
 */
export async function closeAside(container: Container): Promise<void> {
  for (const lifetime of lifetimesOf(container)) await lifetime.close();
}

/** Those of the container itself: a child does not close what its parent owns. */
function lifetimesOf(container: Container): AsideLifetime[] {
  return container.isCurrentBound(lifetimeToken) ? container.getAll(lifetimeToken, { chained: false }) : [];
}

/**
 * Transient, since `lazy` keeps the value: the scope of inversify would also keep a failed attempt, and its deactivation would
 * make a store that was used impossible to rebind at once. The dependency on `own` has no other purpose than that inversify
 * deactivates only what was resolved.
 */
function bindLazy<T>(
  bind: ContainerModuleLoadOptions["bind"],
  own: ServiceIdentifier<AsideLifetime>,
  token: ServiceIdentifier<T>,
  lazy: Lazy<T> | undefined,
): void {
  if (lazy !== undefined) {
    bind(token)
      .toResolvedValue((_: AsideLifetime) => lazy.get(), [own])
      .inTransientScope();
  }
}
