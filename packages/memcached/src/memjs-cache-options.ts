import {
  type Credentials,
  credentialsOf,
  type MemcachedOptions,
  type ResolvedMemcachedOptions,
  resolveMemcachedOptions,
} from "./memcached-options.js";
import { type MemjsClient, serversOf } from "./memjs-client.js";

/** How a {@link MemjsCache} reaches its servers. Wrong options are refused by a `TypeError` at construction. */
export interface MemjsCacheOptions extends Omit<MemcachedOptions, "servers"> {
  /** As for `MemcachedCache`, but without socket files. Required, unless there is a `client`. */
  readonly servers?: MemcachedOptions["servers"] | undefined;

  /**
   * A `memjs.Client` of yours: its servers, names and passwords are taken, instead of `servers`, `username` and `password`. Nothing else of it
   * is: keys are spread by our ring, connections are our own, retries, failover and serializer do not apply, and it stays open.
   */
  readonly client?: MemjsClient | undefined;

  /** SASL PLAIN, for all servers. Only together with `password`. Default: none; the environment is not looked at. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface ResolvedMemjsCacheOptions extends ResolvedMemcachedOptions {
  /** By partition. */
  readonly credentials: ReadonlyMap<string, Credentials | undefined>;
}

/**
 * Checks and freezes. memjs's own options are refused: `retries`, `expires` and `logger` are settled here, and would not do what their
 * writer expects.
 * @throws {TypeError} that quotes no values, since one of them may be a password in the wrong place.
 */
export function resolveMemjsCacheOptions(options: MemjsCacheOptions): ResolvedMemjsCacheOptions {
  if (typeof options !== "object" || options === null || options.client === undefined) {
    const resolved = resolveMemcachedOptions(options as MemcachedOptions, ["client", "username", "password"]);
    const credentials = credentialsOf(options);
    return freeze(resolved, () => credentials);
  }
  const { client, servers, username, password, ...others } = options;
  if (servers !== undefined || username !== undefined || password !== undefined)
    throw new TypeError("client: it brings servers, username and password along; pass none besides.");
  const list = serversOf(client);
  const resolved = resolveMemcachedOptions({ ...others, servers: list.map(({ address }) => address) }, []);
  return freeze(resolved, (index) => list[index]?.credentials);
}

function freeze(
  resolved: ResolvedMemcachedOptions,
  credentialsAt: (index: number) => Credentials | undefined,
): ResolvedMemjsCacheOptions {
  const credentials = new Map(
    resolved.addresses.map(({ partition }, index) => [partition, credentialsAt(index)]),
  );
  return Object.freeze({ ...resolved, credentials });
}
