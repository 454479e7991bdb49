import {
  AsideError,
  type CacheBackend,
  type LockProvider,
  TieredStore,
  type TransactionScope,
} from "@aside/core";
import type { AsideModuleOptions, StoreSettings } from "./aside-options.js";
import { Lazy } from "./lazy.js";
import { chain, type MaybePromise } from "./maybe-promise.js";
import { closeByItself, makingOf, type Provided } from "./provided.js";

/**
 * What one load of the module into one container has opened. Everything is made when it is first needed, once, and wired here
 * rather than by the container: a store made on behalf of a child container would else take what the child had rebound,
 * and keep it for all others.
 */
export class AsideLifetime<D = unknown> {
  readonly cache: Lazy<CacheBackend>;
  readonly database: Lazy<D> | undefined;
  readonly transactions: Lazy<TransactionScope> | undefined;
  readonly locks: Lazy<LockProvider> | undefined;
  readonly stores: ReadonlyMap<string, Lazy<TieredStore<unknown>>>;
  readonly #openStores = new Set<TieredStore<unknown>>();
  /** How to close what was opened, in the order of opening. */
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #opening = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: AsideModuleOptions<D>) {
    const { cache, database, transactions, locks, stores } = options;
    this.cache = this.#part<CacheBackend, []>(cache, () => [], closeByItself);
    this.database = database && this.#part<D, []>(database, () => [], closeByItself);
    this.transactions = transactions && this.#part(transactions, () => this.#base());
    this.locks = locks && this.#part(locks, () => this.#base());
    this.stores = new Map(
      Object.entries(stores).map(([name, settings]) => [name, this.#store(name, settings, options)]),
    );
  }

  /** Makes everything now. When something fails, what was opened is closed again. */
  async open(): Promise<void> {
    const parts = [this.cache, this.database, this.transactions, this.locks, ...this.stores.values()];
    const results = await Promise.allSettled(parts.map(async (part) => part?.get()));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  /**
   * Closes the stores, which wait for their running fills, then what the module made, last opened first. Everything is closed, also when
   * something fails. Idempotent.
   * @throws {AggregateError} of what failed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What is being opened while this begins would else stay open for ever.
    await Promise.allSettled(this.#opening);
    const results = await Promise.allSettled([...this.#openStores].map((store) => store.close()));
    for (const close of this.#closers.reverse())
      results.push(...(await Promise.allSettled([(async () => close())()])));
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (errors.length > 0) throw new AggregateError(errors, "Not everything could be closed");
  }

  #part<T, Base extends readonly unknown[]>(
    provided: Provided<T, Base>,
    base: () => MaybePromise<Base>,
    closeMade?: (value: unknown) => Promise<void>,
  ): Lazy<T> {
    const { make, close } = makingOf(provided, closeMade);
    return this.#lazy(() =>
      chain(
        chain(base(), (values) => make(...values)),
        (value) => {
          if (close !== undefined) this.#closers.push(() => close(value));
          return value;
        },
      ),
    );
  }

  #store(
    name: string,
    { persistence, ...settings }: StoreSettings<unknown, D>,
    { clock, observer }: AsideModuleOptions<D>,
  ): Lazy<TieredStore<unknown>> {
    const records = persistence && this.#part(persistence, () => this.#base());
    return this.#lazy(() =>
      chain(this.cache.get(), (cache) =>
        chain(records?.get(), (persistence) =>
          chain(this.transactions?.get(), (transactions) =>
            chain(this.locks?.get(), (locks) => {
              const own = persistence?.transactions ?? transactions;
              const parts = { name, cache, persistence, transactions: own, locks, clock, observer };
              const store = new TieredStore({ ...settings, ...parts });
              this.#openStores.add(store);
              return store;
            }),
          ),
        ),
      ),
    );
  }

  /** What functions get. */
  #base(): MaybePromise<[database: D]> {
    return this.database === undefined
      ? [undefined as D]
      : chain(this.database.get(), (database) => [database]);
  }

  #lazy<T>(make: () => MaybePromise<T>): Lazy<T> {
    return new Lazy(() => {
      if (this.#closing !== undefined)
        throw new AsideError("CLOSED", "The Aside module of this container was closed");
      const value = make();
      if (value instanceof Promise) {
        this.#opening.add(value);
        const done = () => this.#opening.delete(value);
        value.then(done, done);
      }
      return value;
    });
  }
}
