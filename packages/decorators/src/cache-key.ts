import { type KeyPart, keyPartText } from "./key-part.js";

/**
 * The key under which `@Cached({ name, key })` keeps what it loaded for `part`, where `part` is what its key function returns. Use it to
 * name such an entry elsewhere, as in the keys of `@Persisted`, or to write a key function that both sides share:
 *
 * ```ts
 * const userById = (id: number) => cacheKey("user.byId", id);
 * ```
 *
 * @param name - names one meaning of keys within a store; stays the same over renames of classes and methods. Not empty,
 *   without `:`.
 * @param part - omitted for a method without arguments.
 * @throws {AsideError} `INVALID_KEY` when `part` holds something without a stable text.
 * @throws {TypeError} for a name that is empty or has a `:`.
 */
export function cacheKey(name: string, part?: KeyPart): string;
export function cacheKey(name: string, ...parts: readonly [KeyPart?]): string {
  requireKeyName(name);
  return parts.length === 0 ? soleKey(name) : namedKey(name, parts[0]);
}

/** Key of a method that takes no arguments. */
export function soleKey(name: string): string {
  return `${name}:`;
}

/** Key of one result of a method, for a name that was checked before. */
export function namedKey(name: string, part: unknown): string {
  return `${name}:${keyPartText(part, `"${name}"`)}`;
}

/** @throws {TypeError} when `name` cannot name keys. */
export function requireKeyName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || name.includes(":")) {
    throw new TypeError('A key name must be a string that is not empty and has no ":", such as "user.byId"');
  }
}
