import {
  type Credentials,
  credentialsOf,
  type MemcachedOptions,
  type ResolvedMemcachedOptions,
  resolveMemcachedOptions,
} from "./memcached-options.js";

/** How a {@link MemjsCache} reaches its servers. Wrong options are refused by a `TypeError` at construction. */
export interface MemjsCacheOptions extends MemcachedOptions {
  /** SASL PLAIN, for all servers. Only together with `password`. Default: none; the environment is not looked at. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface ResolvedMemjsCacheOptions extends ResolvedMemcachedOptions {
  readonly credentials: Credentials | undefined;
}

/**
 * Checks and freezes. memjs's own options are refused: `retries`, `expires` and `logger` are settled here, and would not do what their
 * writer expects.
 * @throws {TypeError} that quotes no values, since one of them may be a password in the wrong place.
 */
export function resolveMemjsCacheOptions(options: MemjsCacheOptions): ResolvedMemjsCacheOptions {
  const resolved = resolveMemcachedOptions(options, ["username", "password"]);
  return Object.freeze({ ...resolved, credentials: credentialsOf(options) });
}
