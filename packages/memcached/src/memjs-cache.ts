import type {
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
  ConnectedCacheBackend,
  Milliseconds,
} from "@aside/core";
import { MemcachedConnection } from "./memcached-connection.js";
import { toExpirySeconds } from "./memcached-expiry.js";
import { checkKey, checkSize } from "./memcached-limits.js";
import type { MemcachedNode } from "./memcached-node.js";
import { MemcachedNodes } from "./memcached-nodes.js";
import { isGoodOn } from "./memcached-token.js";
import { type MemjsCacheOptions, resolveMemjsCacheOptions } from "./memjs-cache-options.js";
import type { NodeStats } from "./node-stats.js";
import type { Entries } from "./read-batch.js";
import { probeServer } from "./server-probe.js";
import { askStats } from "./server-stats.js";
import { deleteEntry, storeEntry } from "./write-entry.js";

/** The same as `new MemjsCache(options)`. Does no I/O: each server is connected when it is first needed. */
export function openMemjsCache(options: MemjsCacheOptions): MemjsCache {
  return new MemjsCache(options);
}

/**
 * A shared cache on memcached servers, over memjs. Makes its own memjs objects from the list of servers, one for each connection, and
 * owns them: what memjs keeps from one connection to the next can damage a value, and is private to it.
 *
 * - Keys are spread over the servers by consistent hashing as libmemcached does it (ketama, with weights), in every process alike, and never
 *   move because a server is down.
 * - One connection for each server. All requests of a tick go out in one write; all reads of a tick are one request for each server.
 * - A token is good for the connection that it came over. On any other it is refused without being sent: memcached counts its
 *   CAS from 1 again after a restart, and an old token would match.
 * - A missed deadline ends the connection, since everything behind the late answer waits too: the late call rejects with
 *   `CACHE_TIMEOUT`, its innocent neighbours on that server with `CACHE_UNAVAILABLE`. To the reads among them that is a miss. (A call that
 *   brought less than the default deadline rejects in time, but ends the connection only when the default has passed, too.)
 * - Nothing is ever sent twice. A server that refused a connection or broke it soon is left alone for up to `maxReconnectDelayMs`;
 *   calls fail at once meanwhile.
 *
 * Besides the errors of the port, calls reject with `INVALID_KEY`, and with `INVALID_VALUE` for an entry over `limits.maxValueBytes`; then
 * nothing was sent.
 */
export class MemjsCache implements ConnectedCacheBackend {
  readonly name: string;
  readonly #nodes: MemcachedNodes<MemcachedConnection>;

  /** @throws {TypeError} for wrong options. */
  constructor(options: MemjsCacheOptions) {
    const resolved = resolveMemjsCacheOptions(options);
    this.name = resolved.name;
    this.#nodes = new MemcachedNodes(resolved, {
      open: (address, onEnd) => {
        const credentials = resolved.credentials.get(address.partition);
        return new MemcachedConnection(address, { ...resolved, credentials }, onEnd);
      },
      greet: (connection) => probeServer(connection, resolved.clock, resolved.connectTimeoutMs),
      stats: (connection, timeoutMs) => askStats(connection, "", timeoutMs),
    });
  }

  /** `maxValueBytes` is the least of all servers; of one that was never reached, memcached's default of 1 MiB is assumed. */
  get limits(): CacheLimits {
    return this.#nodes.limits;
  }

  /** One for each server, as `host:port`. */
  get partitions(): readonly string[] {
    return this.#nodes.partitions;
  }

  partitionOf(key: string): string {
    return this.#nodes.partitionOf(key);
  }

  connection(partition: string): number {
    return this.#nodes.connection(partition);
  }

  connect(partition: string, options?: CacheCallOptions): Promise<number> {
    return this.#nodes.connect(partition, options);
  }

  async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    this.#nodes.checkOpen();
    const timeoutMs = this.#nodes.timeoutMs(options);
    // All of them before anything is sent: memcached answers one bad key by dropping the connection.
    for (const key of keys) checkKey(key);
    if (keys.length === 1) return this.#read(this.#nodes.nodeOf(keys[0] as string), keys, timeoutMs);
    if (keys.length === 0) return new Map();
    const groups = [...this.#nodes.byNode([...new Set(keys)])];
    const answers = await Promise.all(groups.map(([node, group]) => this.#read(node, group, timeoutMs)));
    return answers.length === 1 ? (answers[0] as Entries) : new Map(answers.flatMap((found) => [...found]));
  }

  async add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#store("add", key, bytes, ttlMs, options);
  }

  async set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#store("set", key, bytes, ttlMs, options) as Promise<CasToken>;
  }

  async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    this.#nodes.checkOpen();
    const timeoutMs = this.#nodes.timeoutMs(options);
    checkKey(key);
    const expirySeconds = toExpirySeconds(ttlMs);
    const node = this.#nodes.nodeOf(key);
    checkSize(bytes, node);
    const connection = node.ready;
    if (connection === undefined || !isGoodOn(connection, token)) return undefined;
    return storeEntry(connection, { kind: "set", key, bytes, expirySeconds, cas: token }, timeoutMs);
  }

  async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    this.#nodes.checkOpen();
    const timeoutMs = this.#nodes.timeoutMs(options);
    checkKey(key);
    const connection = this.#nodes.nodeOf(key).ready;
    if (connection === undefined || !isGoodOn(connection, token)) return false;
    return deleteEntry(connection, key, token, timeoutMs);
  }

  /** What is known of each server. Asks those that are connected. Rejects with `CLOSED` only. */
  stats(options?: CacheCallOptions): Promise<readonly NodeStats[]> {
    return this.#nodes.stats(options);
  }

  /** Gives the calls under way the default deadline to end well. The rest, and those that wait for a connection, reject with `CLOSED`. */
  close(): Promise<void> {
    return this.#nodes.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read(
    node: MemcachedNode<MemcachedConnection>,
    keys: readonly string[],
    timeoutMs: Milliseconds,
  ): Promise<Entries> {
    return this.#nodes.on(node, timeoutMs, (connection, leftMs) => connection.read(keys, leftMs));
  }

  async #store(
    kind: "add" | "set",
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options: CacheCallOptions | undefined,
  ): Promise<CasToken | undefined> {
    this.#nodes.checkOpen();
    const timeoutMs = this.#nodes.timeoutMs(options);
    checkKey(key);
    const expirySeconds = toExpirySeconds(ttlMs);
    const node = this.#nodes.nodeOf(key);
    checkSize(bytes, node);
    // The caller may change its buffer while the server is being connected.
    const own = node.ready === undefined ? new Uint8Array(bytes) : bytes;
    return this.#nodes.on(node, timeoutMs, (connection, leftMs) => {
      checkSize(own, node);
      return storeEntry(connection, { kind, key, bytes: own, expirySeconds }, leftMs);
    });
  }
}
