import { type Clock, type Milliseconds, systemClock } from "@aside/core";
import { parseServers, type ServerAddress, type SocketFiles } from "./server-address.js";

/** How a cache reaches its servers, whatever it speaks to them. Wrong options are refused by a `TypeError` at construction. */
export interface MemcachedOptions {
  /**
   * The servers: `"host:port,host:port"` or a list of `"host:port"`. Default port: 11211. IPv6 in brackets. A weight behind a space
   * gives a server so many times the keys of one without: `"host:port 2"`. The order does not matter, the spelling does: every process
   * must use the same names and weights, since keys are spread by them.
   */
  readonly servers: string | readonly string[];

  /**
   * Names the cache in the invalidation log. Equal in all processes that share the servers, different for different caches of one
   * database. 1 to 64 characters of `[A-Za-z0-9._-]`. Default: `"memcached"`.
   */
  readonly name?: string | undefined;

  /**
   * Deadline of a call that brings none of its own, and how long at least an answer may be late before its connection is given up.
   * Default: 250.
   */
  readonly timeoutMs?: Milliseconds | undefined;

  /** Deadline of one attempt to connect, greeting included. A caller waits for its own deadline only. Default: 1,000. */
  readonly connectTimeoutMs?: Milliseconds | undefined;

  /** Longest time for which a server is left alone after a failure to connect. Default: 500. */
  readonly maxReconnectDelayMs?: Milliseconds | undefined;

  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** Name and password, for all servers. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface ResolvedMemcachedOptions {
  readonly addresses: readonly ServerAddress[];
  readonly name: string;
  readonly timeoutMs: Milliseconds;
  readonly connectTimeoutMs: Milliseconds;
  readonly maxReconnectDelayMs: Milliseconds;
  readonly clock: Clock;
}

const shared: readonly (keyof MemcachedOptions)[] = [
  "servers",
  "name",
  "timeoutMs",
  "connectTimeoutMs",
  "maxReconnectDelayMs",
  "clock",
];

/**
 * Checks the options that all transports have.
 * @param ofTransport - the names of those that it has besides.
 * @throws {TypeError} that quotes no values, since one of them may be a password in the wrong place.
 */
export function resolveMemcachedOptions(
  options: MemcachedOptions,
  ofTransport: readonly string[],
  socketFiles: SocketFiles = "without-socket-files",
): ResolvedMemcachedOptions {
  if (typeof options !== "object" || options === null)
    throw new TypeError('Pass options: { servers: "host:port" }.');
  if ((options as { readonly failover?: unknown }).failover === true) {
    throw new TypeError(
      "failover: a key that moves to another server while its own is down comes back stale; it is not possible here.",
    );
  }
  const known: readonly string[] = [...shared, ...ofTransport];
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) throw new TypeError(`${unknown}: there is no such option.`);

  const name = options.name ?? "memcached";
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
    throw new TypeError("name: 1 to 64 characters of [A-Za-z0-9._-].");
  return {
    addresses: parseServers(options.servers, socketFiles),
    name,
    timeoutMs: positive("timeoutMs", options.timeoutMs ?? 250),
    connectTimeoutMs: positive("connectTimeoutMs", options.connectTimeoutMs ?? 1000),
    maxReconnectDelayMs: positive("maxReconnectDelayMs", options.maxReconnectDelayMs ?? 500),
    clock: options.clock ?? systemClock,
  };
}

/** @throws {TypeError} for one without the other. */
export function credentialsOf({
  username,
  password,
}: {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}): Credentials | undefined {
  if (username === undefined && password === undefined) return undefined;
  if (typeof username !== "string" || typeof password !== "string" || username === "" || password === "") {
    throw new TypeError("username and password: pass both, or neither.");
  }
  return Object.freeze({ username, password });
}

/** @throws {TypeError} for what is no span of time. */
export function positive(option: string, ms: Milliseconds): Milliseconds {
  if (!Number.isFinite(ms) || ms <= 0) throw new TypeError(`${option}: a number of milliseconds above 0.`);
  return ms;
}
