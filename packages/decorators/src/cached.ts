import { type CachedKey, type CachedLifetime, type ResolvedCached, resolveCached } from "./cached-options.js";
import { findStore } from "./find-store.js";
import { type AnyMethod, type AsyncMethod, decorateMethod, disguise } from "./method-decorator.js";
import { isLoading, runLoad, surroundingLoad } from "./running-loads.js";
import type { CachingStore } from "./stores.js";

/** See {@link Cached}. */
export type CachedOptions<S, A extends readonly unknown[], V> = CachedKey<A> &
  CachedLifetime<V> & {
    /** Finds the store through the object that the method is called on; for a static method, through the class. */
    readonly store: (self: S) => CachingStore<V>;
  };

/** See {@link cached}. */
export type CachedFunctionOptions<A extends readonly unknown[], V> = CachedKey<A> &
  CachedLifetime<V> & {
    readonly store: CachingStore<V>;
  };

/**
 * `unknown` when a function may be cached with these options, else a type that says why not, in the compiler's error.
 * `A` is `never` where there is no key function.
 */
export type CheckCached<F extends AnyMethod, A extends readonly unknown[], V> =
  ReturnType<F> extends Promise<infer R>
    ? [A] extends [never]
      ? Parameters<F> extends readonly []
        ? CheckCachedResult<R, V>
        : { "the method takes arguments, so @Cached needs a key function": Parameters<F> }
      : ((...args: A) => void) extends (...args: Parameters<F>) => void
        ? CheckCachedResult<R, V>
        : { "the key function does not accept the arguments of the method": Parameters<F> }
    : { "@Cached needs a method that returns a Promise": ReturnType<F> };

type CheckCachedResult<R, V> = [R] extends [V | undefined]
  ? unknown
  : { "the store holds another value type": V; "the method returns": R };

/** A method decorator in both of its forms; the method keeps its exact type. */
export interface CachedDecorator<S, A extends readonly unknown[], V> {
  // biome-ignore lint/suspicious/noExplicitAny: ClassMethodDecoratorContext asks for a method of exactly this shape.
  <T extends S, F extends (this: T, ...args: any) => any>(
    method: F & CheckCached<F, A, V>,
    context: ClassMethodDecoratorContext<T, F>,
  ): F;
  // The legacy form last: of overloads that fail, the compiler tells about the last one.
  <F extends AnyMethod>(
    target: S,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F> & CheckCached<F, A, V>,
  ): TypedPropertyDescriptor<F>;
}

/**
 * Keeps what a method returns in a store: `store.load(key, () => method(...))`. Concurrent calls with one key share one run; `undefined` is
 * a known absence; errors reach every caller as they were thrown and are not kept. Within a transaction of
 * the store's database the method runs uncached. Calls from inside the class are cached like any other.
 *
 * The method must read the primary database, and what it returns is a copy of its own for every caller.
 * Works with `experimentalDecorators` and with standard decorators, on instance, static and `#private` methods.
 *
 * ```ts
 * @Cached({ store: (self: Users) => self.store, name: "user.byId", key: (id: number) => id })
 * async byId(id: number): Promise<User | undefined> { ... }
 * ```
 *
 * The decorated method rejects, besides with what `load` and the method reject with:
 * - `NO_STORE` when the object has no store,
 * - `INVALID_KEY` when the key function returns something without a stable text.
 * @throws {TypeError} when the class is defined, for options that cannot be meant.
 */
export function Cached<S, A extends readonly unknown[] = never, V = unknown>(
  options: CachedOptions<S, A, V>,
): CachedDecorator<S, A, V> {
  const select = options.store as unknown as (self: unknown) => CachingStore<unknown>;
  if (typeof select !== "function") {
    throw new TypeError(
      '@Cached: "store" is a function that finds the store on the object: (self: Users) => self.store',
    );
  }
  const decorate = (...args: unknown[]): unknown =>
    decorateMethod("@Cached", args, (method, name) =>
      wrap(method, select, resolveCached(options, "@Cached", { name, length: method.length })),
    );
  return decorate as unknown as CachedDecorator<S, A, V>;
}

/**
 * {@link Cached} for a plain function, with the store itself instead of a way to find it.
 * @returns a function of the same type.
 */
export function cached<V, F extends (...args: never[]) => Promise<V | undefined>>(
  load: F,
  options: CachedFunctionOptions<Parameters<F>, V>,
): F {
  const method = load as unknown as AsyncMethod;
  const { store } = options;
  const resolved = resolveCached(options, "cached()", method);
  return disguise(
    wrap(method, () => store, resolved, true),
    method,
  ) as unknown as F;
}

/** @param free - the function may be called without an object. */
function wrap(
  method: AsyncMethod,
  select: (self: unknown) => CachingStore<unknown>,
  { owner, load, keyOf }: ResolvedCached,
  free = false,
): AsyncMethod {
  // Not an async function: the promise of load() is the caller's, with no layer between.
  return function (this: unknown, ...args: unknown[]): Promise<unknown> {
    let store: CachingStore<unknown>;
    let key: string;
    try {
      store = findStore(select, free ? select : this, "load", owner);
      key = keyOf(args);
    } catch (error) {
      return Promise.reject(error);
    }
    const outer = surroundingLoad();
    if (outer !== undefined && isLoading(outer, store, key)) return method.apply(this, args);
    return store.load(key, () => runLoad({ store, key, outer }, () => method.apply(this, args)), load);
  };
}
