import type {
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
  ConnectedCacheBackend,
  LeasedEntry,
  LeasingCacheBackend,
  Milliseconds,
} from "@aside/core";
import { DeadlineWatch } from "./deadline-watch.js";
import { type MemcachedCacheOptions, resolveMemcachedCacheOptions } from "./memcached-cache-options.js";
import { toExpirySeconds } from "./memcached-expiry.js";
import { checkKey, checkSize } from "./memcached-limits.js";
import type { MemcachedNode } from "./memcached-node.js";
import { MemcachedNodes } from "./memcached-nodes.js";
import type { NodeStats } from "./node-stats.js";
import { TextConnection } from "./text-connection.js";
import { greetServer } from "./text-greeting.js";
import { askTextStats } from "./text-stats.js";
import { isGoodOn } from "./text-token.js";

/** The same as `new MemcachedCache(options)`. Does no I/O: each server is connected when it is first needed. */
export function openMemcachedCache(options: MemcachedCacheOptions): MemcachedCache {
  return new MemcachedCache(options);
}

/**
 * A shared cache on memcached servers, over sockets of its own: TCP, TLS or UNIX.
 *
 * - Keys are spread over the servers by consistent hashing of their names (ketama), in every process alike, and never move because a server is down.
 * - One connection for each server. All calls of a tick go out in one write, and all reads of a tick are one batch of quiet gets.
 * - `getOrLease` reads and takes the lease in one round trip; every store brings its token with its answer.
 * - A token is good for the connection that it came over. On any other it is refused without being sent: memcached counts its
 *   CAS from 1 again after a restart, and an old token would match. Where the server lets clients choose the CAS (1.6.27) it is chosen here
 *   besides, so that not even a proxy that survives its server can bring an old one back.
 * - A missed deadline ends the connection, since everything behind the late answer waits too: the late call rejects with
 *   `CACHE_TIMEOUT`, its innocent neighbours on that server with `CACHE_UNAVAILABLE`. To the reads among them that is a miss. (A call that
 *   brought less than the default deadline rejects in time, but ends the connection only when the default has passed, too.)
 * - Nothing is ever sent twice. A server that refused a connection or broke it soon is left alone for up to `maxReconnectDelayMs`;
 *   calls fail at once meanwhile.
 *
 * Besides the errors of the port, calls reject with `INVALID_KEY`, and with `INVALID_VALUE` for an entry over `limits.maxValueBytes`; then
 * nothing was sent.
 */
export class MemcachedCache implements ConnectedCacheBackend, LeasingCacheBackend {
  readonly name: string;
  readonly #nodes: MemcachedNodes<TextConnection>;

  /** @throws {TypeError} for wrong options. */
  constructor(options: MemcachedCacheOptions) {
    const resolved = resolveMemcachedCacheOptions(options);
    this.name = resolved.name;
    const connectionOptions = { ...resolved, watch: new DeadlineWatch(resolved.clock) };
    this.#nodes = new MemcachedNodes(resolved, {
      open: (address, onEnd) => new TextConnection(address, connectionOptions, onEnd),
      greet: (connection) => greetServer(connection, resolved),
      stats: askTextStats,
    });
  }

  /** `maxValueBytes` is the least of all servers; of one that was never reached, memcached's default of 1 MiB is assumed. */
  get limits(): CacheLimits {
    return this.#nodes.limits;
  }

  /** One for each server: `host:port`, or the path of its socket. */
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

  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.#forEachNode(keys, options, (connection, group, leftMs) =>
      connection.send(connection.dialect.read(group), leftMs),
    );
  }

  async getOrLease(
    keys: readonly string[],
    leaseTtlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, LeasedEntry>> {
    const expirySeconds = toExpirySeconds(leaseTtlMs);
    return this.#forEachNode(keys, options, (connection, group, leftMs) =>
      connection.send(connection.dialect.lease(group, expirySeconds), leftMs),
    );
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
    if (connection === undefined || !isGoodOn(connection.incarnation, token)) return undefined;
    const call = connection.dialect.store({ key, bytes, expirySeconds, over: token });
    return connection.send(call, timeoutMs);
  }

  async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    this.#nodes.checkOpen();
    const timeoutMs = this.#nodes.timeoutMs(options);
    checkKey(key);
    const connection = this.#nodes.nodeOf(key).ready;
    if (connection === undefined || !isGoodOn(connection.incarnation, token)) return false;
    return connection.send(connection.dialect.remove(key, token), timeoutMs);
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

  /** Calls `use` with the keys of each node, and puts the answers together. */
  #forEachNode<Entry>(
    keys: readonly string[],
    options: CacheCallOptions | undefined,
    use: (
      connection: TextConnection,
      keys: readonly string[],
      leftMs: Milliseconds,
    ) => Promise<ReadonlyMap<string, Entry>>,
  ): Promise<ReadonlyMap<string, Entry>> {
    try {
      this.#nodes.checkOpen();
      const timeoutMs = this.#nodes.timeoutMs(options);
      // All of them before anything is sent: memcached answers one bad key by dropping the connection.
      for (const key of keys) checkKey(key);
      const [first] = keys;
      if (first === undefined) return Promise.resolve(new Map());
      const ask = (node: MemcachedNode<TextConnection>, group: readonly string[]) =>
        this.#nodes.on(node, timeoutMs, (connection, leftMs) => use(connection, group, leftMs));
      // A read of one key is the commonest call of all: no groups, no second promise.
      if (keys.length === 1) return ask(this.#nodes.nodeOf(first), keys);
      const groups = this.#nodes.byNode([...new Set(keys)]);
      const answers = [...groups].map(([node, group]) => ask(node, group));
      return answers.length === 1 ? (answers[0] as Promise<ReadonlyMap<string, Entry>>) : joined(answers);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #store(
    over: "add" | "set",
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
      return connection.send(connection.dialect.store({ key, bytes: own, expirySeconds, over }), leftMs);
    });
  }
}

async function joined<Entry>(
  answers: readonly Promise<ReadonlyMap<string, Entry>>[],
): Promise<ReadonlyMap<string, Entry>> {
  return new Map((await Promise.all(answers)).flatMap((found) => [...found]));
}
