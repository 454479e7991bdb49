import type { LoadOptions, Milliseconds } from "@aside/core";
import { namedKey, requireKeyName, soleKey } from "./cache-key.js";
import type { KeyPart } from "./key-part.js";

/** How long what a cached method returned is served. */
export interface CachedLifetime<V> {
  /** How long a result is served at most, fixed or by the result. 0: not cached. Default: the store's `ttlMs`. */
  readonly ttlMs?: Milliseconds | ((value: NoInfer<V>) => Milliseconds) | undefined;
  /** How long the cache remembers that the method returned `undefined`. 0: not at all. Default: the store's. */
  readonly absenceTtlMs?: Milliseconds | undefined;
  /** Deadline of the method. Default: the store's `loadTimeoutMs`. */
  readonly timeoutMs?: Milliseconds | undefined;
}

/**
 * Names the entry of a call, in one of three forms:
 * - `name` and `key`: the key is `cacheKey(name, key(...arguments))`;
 * - `name` alone, for a method without arguments: `cacheKey(name)`;
 * - `key` alone: it returns the full key, as the store knows it. For key functions that are shared, and for row keys.
 */
export type CachedKey<A extends readonly unknown[]> =
  | {
      /**
       * Names one meaning of keys within the store: not the class or the method, which get renamed and minified. The same
       * in all processes. Not empty, without `:`.
       */
      readonly name: string;
      /**
       * What distinguishes the results of the method: one part or a list of parts. Equal parts, same entry; everything that the result depends
       * on must be in it, and `this` never is. Its parameters are annotated and accept the method's.
       */
      readonly key?: ((...args: A) => KeyPart) | undefined;
    }
  | {
      readonly name?: undefined;
      readonly key: (...args: A) => string;
    };

/** Options that were checked, with the parts that never change made once. */
export interface ResolvedCached {
  /** What errors call the method. */
  readonly owner: string;
  readonly load: LoadOptions<unknown>;
  /** @throws what the key function throws, and `INVALID_KEY`. */
  keyOf(args: readonly unknown[]): string;
}

/**
 * @param subject - name and length of the method.
 * @throws {TypeError} for options that cannot be meant.
 */
export function resolveCached(
  options: CachedKey<never> & CachedLifetime<never>,
  decorator: string,
  subject: { readonly name: string; readonly length: number },
): ResolvedCached {
  const { name, key, ttlMs, absenceTtlMs, timeoutMs } = options as CachedKey<readonly unknown[]> &
    CachedLifetime<unknown>;
  if (key !== undefined && typeof key !== "function")
    throw new TypeError(`${decorator}: "key" is a function`);
  if (name !== undefined) requireKeyName(name);
  else if (key === undefined) {
    throw new TypeError(
      `${decorator}: "${subject.name}" needs a "name" such as "user.byId", which stays when classes and methods are renamed, ` +
        'or a "key" function that returns the full key',
    );
  }
  if (key === undefined && subject.length > 0) {
    throw new TypeError(`${decorator}: "${subject.name}" takes arguments, so it needs a "key" function`);
  }
  return Object.freeze({
    owner: `${decorator} ${name ?? subject.name}`,
    load: Object.freeze({ ttlMs, absenceTtlMs, timeoutMs }),
    keyOf: keyFunction(name, key),
  });
}

function keyFunction(
  name: string | undefined,
  key: ((...args: readonly unknown[]) => unknown) | undefined,
): (args: readonly unknown[]) => string {
  if (name === undefined) return (args) => key?.(...args) as string;
  if (key === undefined) {
    const sole = soleKey(name);
    return () => sole;
  }
  return (args) => namedKey(name, key(...args));
}
