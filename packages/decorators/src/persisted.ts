import { findStore } from "./find-store.js";
import { type AnyMethod, type AsyncMethod, decorateMethod, disguise } from "./method-decorator.js";
import type { PersistingStore } from "./stores.js";

/** One key or several. */
export type Keys = string | Iterable<string>;

/** Which entries a write makes stale: by its arguments, by its result, or both. */
export type PersistedKeys<A extends readonly unknown[], R> =
  | {
      /** Keys that the arguments name. Called before the method, so that a key that cannot be made stops the write. */
      readonly keys: (...args: A) => Keys;
      /** Keys that show only in what the method returned, such as those of the row as it was before. */
      readonly keysFromResult?: ((result: R, ...args: A) => Keys) | undefined;
    }
  | {
      readonly keys?: undefined;
      readonly keysFromResult: (result: R, ...args: A) => Keys;
    };

/** See {@link Persisted}. */
export type PersistedOptions<S, A extends readonly unknown[], R> = PersistedKeys<A, R> & {
  /** Finds the store through the object that the method is called on; for a static method, through the class. */
  readonly store: (self: S) => PersistingStore;
};

/** See {@link persisted}. */
export type PersistedFunctionOptions<A extends readonly unknown[], R> = PersistedKeys<A, R> & {
  readonly store: PersistingStore;
};

/** `unknown` when a method may be decorated with these options, else a type that says why not, in the compiler's error. */
export type CheckPersisted<F extends AnyMethod, A extends readonly unknown[], R> =
  ReturnType<F> extends Promise<infer Result>
    ? ((...args: A) => void) extends (...args: Parameters<F>) => void
      ? ((result: R) => void) extends (result: Result) => void
        ? unknown
        : { "keysFromResult does not accept the result of the method": Result }
      : { "the key functions do not accept the arguments of the method": Parameters<F> }
    : { "@Persisted needs a method that returns a Promise": ReturnType<F> };

/** A method decorator in both of its forms; the method keeps its exact type. */
export interface PersistedDecorator<S, A extends readonly unknown[], R> {
  // biome-ignore lint/suspicious/noExplicitAny: ClassMethodDecoratorContext asks for a method of exactly this shape.
  <T extends S, F extends (this: T, ...args: any) => any>(
    method: F & CheckPersisted<F, A, R>,
    context: ClassMethodDecoratorContext<T, F>,
  ): F;
  // The legacy form last: of overloads that fail, the compiler tells about the last one.
  <F extends AnyMethod>(
    target: S,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F> & CheckPersisted<F, A, R>,
  ): TypedPropertyDescriptor<F>;
}

/**
 * Runs a method that writes with SQL of its own in a transaction of the store's database, joining one that is there, and
 * invalidates the keys it makes stale so that no later read returns what they held: `store.persist(() => method(...), keys)`. The
 * statements, the invalidations and the commit belong together: when the method rejects, everything is rolled back and nothing was
 * invalidated. The method takes the connection of the transaction from the database adapter.
 *
 * ```ts
 * @Persisted({ store: (self: Users) => self.store, keys: (id: number) => cacheKey("user.byId", id) })
 * async rename(id: number, name: string): Promise<void> { ... }
 * ```
 *
 * For keys of two stores of one database decorate twice. The decorated method rejects with what the method rejects with, and with
 * - `NO_STORE` when the object has no store,
 * - `NO_PERSISTENCE` when the store has no transactions,
 * - what the transaction rejects with.
 * @throws {TypeError} when the class is defined, for options that cannot be meant.
 */
export function Persisted<S, A extends readonly unknown[] = [], R = unknown>(
  options: PersistedOptions<S, A, R>,
): PersistedDecorator<S, A, R> {
  const select = options.store as unknown as (self: unknown) => PersistingStore;
  if (typeof select !== "function") {
    throw new TypeError(
      '@Persisted: "store" is a function that finds the store on the object: (self: Users) => self.store',
    );
  }
  const keys = resolveKeys(options, "@Persisted");
  const decorate = (...args: unknown[]): unknown =>
    decorateMethod("@Persisted", args, (method, name) => wrap(method, select, keys, `@Persisted ${name}`));
  return decorate as unknown as PersistedDecorator<S, A, R>;
}

/**
 * {@link Persisted} for a plain function, with the store itself instead of a way to find it.
 * @returns a function of the same type.
 */
export function persisted<F extends (...args: never[]) => Promise<unknown>>(
  write: F,
  options: PersistedFunctionOptions<Parameters<F>, Awaited<ReturnType<F>>>,
): F {
  const method = write as unknown as AsyncMethod;
  const { store } = options;
  const keys = resolveKeys(options, "persisted()");
  return disguise(
    wrap(method, () => store, keys, `persisted() ${method.name}`, true),
    method,
  ) as unknown as F;
}

interface ResolvedKeys {
  readonly keys: ((...args: readonly unknown[]) => Keys) | undefined;
  readonly keysFromResult: ((result: unknown, ...args: readonly unknown[]) => Keys) | undefined;
}

function resolveKeys(options: PersistedKeys<never, never>, decorator: string): ResolvedKeys {
  const { keys, keysFromResult } = options as unknown as ResolvedKeys;
  for (const [name, value] of Object.entries({ keys, keysFromResult })) {
    if (value !== undefined && typeof value !== "function")
      throw new TypeError(`${decorator}: "${name}" is a function`);
  }
  if (keys === undefined && keysFromResult === undefined) {
    throw new TypeError(
      `${decorator} needs "keys" or "keysFromResult": which entries does the write make stale?`,
    );
  }
  return Object.freeze({ keys, keysFromResult });
}

/** @param free - the function may be called without an object. */
function wrap(
  method: AsyncMethod,
  select: (self: unknown) => PersistingStore,
  { keys, keysFromResult }: ResolvedKeys,
  owner: string,
  free = false,
): AsyncMethod {
  return function (this: unknown, ...args: unknown[]): Promise<unknown> {
    let store: PersistingStore;
    let known: readonly string[];
    try {
      store = findStore(select, free ? select : this, "persist", owner);
      known = keys === undefined ? [] : listOf(keys(...args));
    } catch (error) {
      return Promise.reject(error);
    }
    return store.persist(
      () => method.apply(this, args),
      keysFromResult === undefined
        ? () => known
        : (result) => [...known, ...listOf(keysFromResult(result, ...args))],
    );
  };
}

function listOf(keys: Keys): readonly string[] {
  return typeof keys === "string" ? [keys] : [...keys];
}
