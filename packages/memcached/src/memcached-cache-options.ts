import type { ConnectionOptions } from "node:tls";
import {
  type Credentials,
  credentialsOf,
  type MemcachedOptions,
  type ResolvedMemcachedOptions,
  resolveMemcachedOptions,
} from "./memcached-options.js";

/** How a {@link MemcachedCache} reaches its servers. Wrong options are refused by a `TypeError` at construction. */
export interface MemcachedCacheOptions extends MemcachedOptions {
  /**
   * ASCII authentication, for all servers: memcached started with `-Y`. Only together with `password`. Default: none. SASL is part of the
   * binary protocol and of `MemjsCache`.
   */
  readonly username?: string | undefined;
  readonly password?: string | undefined;

  /** TLS, for all servers: `true`, or options of `tls.connect` such as `ca`, `cert` and `key`. Not with UNIX sockets. Default: `false`. */
  readonly tls?: boolean | ConnectionOptions | undefined;

  /**
   * Bytes of requests to one server that may be on their way without an answer, at least 1. Beyond it calls wait, each within its
   * deadline. Default: 16 MiB.
   */
  readonly maxBytesInFlight?: number | undefined;
}

export interface ResolvedMemcachedCacheOptions extends ResolvedMemcachedOptions {
  readonly credentials: Credentials | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly maxBytesInFlight: number;
}

/** Checks and freezes. @throws {TypeError} that quotes no values, since one of them may be a password in the wrong place. */
export function resolveMemcachedCacheOptions(options: MemcachedCacheOptions): ResolvedMemcachedCacheOptions {
  const resolved = resolveMemcachedOptions(
    options,
    ["username", "password", "tls", "maxBytesInFlight"],
    "with-socket-files",
  );
  const tls = tlsOf(options.tls);
  if (tls !== undefined && resolved.addresses.some(({ path }) => path !== undefined)) {
    throw new TypeError("tls: not with UNIX sockets.");
  }
  const maxBytesInFlight = options.maxBytesInFlight ?? 16 * 1024 * 1024;
  if (!Number.isSafeInteger(maxBytesInFlight) || maxBytesInFlight < 1)
    throw new TypeError("maxBytesInFlight: a whole number of bytes, at least 1.");
  return Object.freeze({ ...resolved, credentials: textCredentialsOf(options), tls, maxBytesInFlight });
}

function textCredentialsOf(options: MemcachedCacheOptions): Credentials | undefined {
  const credentials = credentialsOf(options);
  // The server looks for the first of them, and for the end of a line in its file.
  if (credentials !== undefined && /[\s:]/.test(credentials.username))
    throw new TypeError("username: without space and colon.");
  if (credentials !== undefined && /[\r\n]/.test(credentials.password))
    throw new TypeError("password: without the end of a line.");
  return credentials;
}

function tlsOf(tls: MemcachedCacheOptions["tls"]): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return Object.freeze({});
  if (typeof tls !== "object" || tls === null)
    throw new TypeError("tls: true, false or options of tls.connect.");
  const settled = ["host", "port", "path", "socket", "onread"].find((option) => option in tls);
  if (settled !== undefined) throw new TypeError(`tls.${settled}: the servers say where to connect to.`);
  return Object.freeze({ ...tls });
}
