import { AsyncResource } from "node:async_hooks";
import type {
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
  ConnectedCacheBackend,
  Milliseconds,
} from "@aside/core";
import type { MemcachedConnection } from "./memcached-connection.js";
import { asUnavailable, closed, tooLarge } from "./memcached-errors.js";
import { toExpirySeconds } from "./memcached-expiry.js";
import { checkKey, maxKeyBytes, ttlStepMs } from "./memcached-limits.js";
import { MemcachedNode } from "./memcached-node.js";
import { isGoodOn } from "./memcached-token.js";
import {
  type MemjsCacheOptions,
  type ResolvedMemjsCacheOptions,
  resolveMemjsCacheOptions,
} from "./memjs-cache-options.js";
import { readEntries } from "./read-entries.js";
import { Rendezvous } from "./rendezvous.js";
import { deleteEntry, storeEntry } from "./write-entry.js";

/** The same as `new MemjsCache(options)`. Does no I/O: each server is connected when it is first needed. */
export function openMemjsCache(options: MemjsCacheOptions): MemjsCache {
  return new MemjsCache(options);
}

/**
 * A shared cache on memcached servers, over memjs. Makes its own memjs objects from the list of servers, one for each connection, and
 * owns them: what memjs keeps from one connection to the next can damage a value, and is private to it.
 *
 * - Keys are spread over the servers by rendezvous hashing of `host:port`, in every process alike, and never move because a server is down.
 * - One connection for each server. All requests of a tick go out in one write; the keys of one `getMany` are one request for each server.
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
  readonly #options: ResolvedMemjsCacheOptions;
  readonly #nodes: ReadonlyMap<string, MemcachedNode>;
  readonly #onlyNode: MemcachedNode | undefined;
  readonly #rendezvous: Rendezvous;
  #limits: CacheLimits;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError} for wrong options. */
  constructor(options: MemjsCacheOptions) {
    this.#options = resolveMemjsCacheOptions(options);
    this.name = this.#options.name;
    // Without it a connection would keep the transaction alive in which it happened to be made.
    const context = new AsyncResource("MemjsCache");
    const nodes = this.#options.addresses.map(
      (address) => new MemcachedNode(address, { ...this.#options, context }),
    );
    this.#nodes = new Map(nodes.map((node) => [node.partition, node]));
    this.#onlyNode = nodes.length === 1 ? nodes[0] : undefined;
    this.#rendezvous = new Rendezvous([...this.#nodes.keys()]);
    this.#limits = this.#limitsNow();
  }

  /** `maxValueBytes` is the least of all servers; of one that was never reached, memcached's default of 1 MiB is assumed. */
  get limits(): CacheLimits {
    const now = this.#limitsNow();
    if (now.maxValueBytes !== this.#limits.maxValueBytes) this.#limits = now;
    return this.#limits;
  }

  /** One for each server, as `host:port`. */
  get partitions(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  partitionOf(key: string): string {
    return this.#onlyNode?.partition ?? this.#rendezvous.nodeOf(key);
  }

  connection(partition: string): number {
    return this.#node(partition).ready?.incarnation ?? 0;
  }

  async connect(partition: string, options?: CacheCallOptions): Promise<number> {
    const node = this.#node(partition);
    this.#checkOpen();
    return (await node.connect(this.#timeoutMs(options))).incarnation;
  }

  async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    this.#checkOpen();
    const timeoutMs = this.#timeoutMs(options);
    // All of them before anything is sent: memcached answers one bad key by dropping the connection.
    for (const key of keys) checkKey(key);
    if (keys.length === 0) return new Map();
    const groups = this.#byNode(keys.length === 1 ? keys : [...new Set(keys)]);
    const answers = await Promise.all(
      [...groups].map(([node, group]) =>
        this.#on(node, timeoutMs, (connection, leftMs) => readEntries(connection, group, leftMs)),
      ),
    );
    return answers.length === 1
      ? (answers[0] as Map<string, CacheEntry>)
      : new Map(answers.flatMap((found) => [...found]));
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
    this.#checkOpen();
    const timeoutMs = this.#timeoutMs(options);
    checkKey(key);
    const expirySeconds = toExpirySeconds(ttlMs);
    const node = this.#nodeOf(key);
    checkSize(bytes, node);
    const connection = node.ready;
    if (connection === undefined || !isGoodOn(connection, token)) return undefined;
    return storeEntry(connection, { kind: "set", key, bytes, expirySeconds, cas: token }, timeoutMs);
  }

  async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    this.#checkOpen();
    const timeoutMs = this.#timeoutMs(options);
    checkKey(key);
    const connection = this.#nodeOf(key).ready;
    if (connection === undefined || !isGoodOn(connection, token)) return false;
    return deleteEntry(connection, key, token, timeoutMs);
  }

  /** Gives the calls under way the default deadline to end well. The rest, and those that wait for a connection, reject with `CLOSED`. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#nodes.values()].map((node) => node.close())).then(
      () => undefined,
    );
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #store(
    kind: "add" | "set",
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options: CacheCallOptions | undefined,
  ): Promise<CasToken | undefined> {
    this.#checkOpen();
    const timeoutMs = this.#timeoutMs(options);
    checkKey(key);
    const expirySeconds = toExpirySeconds(ttlMs);
    const node = this.#nodeOf(key);
    checkSize(bytes, node);
    // The caller may change its buffer while the server is being connected.
    const own = node.ready === undefined ? new Uint8Array(bytes) : bytes;
    return this.#on(node, timeoutMs, (connection, leftMs) => {
      checkSize(own, node);
      return storeEntry(connection, { kind, key, bytes: own, expirySeconds }, leftMs);
    });
  }

  /** Calls `use` in this very turn where there is a connection, else as soon as there is one. */
  #on<T>(
    node: MemcachedNode,
    timeoutMs: Milliseconds,
    use: (connection: MemcachedConnection, leftMs: Milliseconds) => Promise<T>,
  ): Promise<T> {
    const connection = node.ready;
    return connection === undefined
      ? this.#afterConnecting(node, timeoutMs, use)
      : use(connection, timeoutMs);
  }

  async #afterConnecting<T>(
    node: MemcachedNode,
    timeoutMs: Milliseconds,
    use: (connection: MemcachedConnection, leftMs: Milliseconds) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const connection = await node.connect(timeoutMs).catch((error) => {
      throw asUnavailable(node.partition, error);
    });
    this.#checkOpen();
    return use(connection, timeoutMs - (clock.monotonicMs() - startMs));
  }

  #byNode(keys: readonly string[]): Map<MemcachedNode, readonly string[]> {
    if (this.#onlyNode !== undefined) return new Map([[this.#onlyNode, keys]]);
    const groups = new Map<MemcachedNode, string[]>();
    for (const key of keys) {
      const node = this.#nodeOf(key);
      const group = groups.get(node);
      if (group === undefined) groups.set(node, [key]);
      else group.push(key);
    }
    return groups;
  }

  #nodeOf(key: string): MemcachedNode {
    return this.#onlyNode ?? this.#node(this.#rendezvous.nodeOf(key));
  }

  #node(partition: string): MemcachedNode {
    const node = this.#nodes.get(partition);
    if (node === undefined) throw new TypeError("The cache has no such partition.");
    return node;
  }

  #timeoutMs(options: CacheCallOptions | undefined): Milliseconds {
    const timeoutMs = options?.timeoutMs ?? this.#options.timeoutMs;
    // A deadline that never comes would let a caller wait for ever.
    if (!Number.isFinite(timeoutMs)) throw new TypeError("timeoutMs must be a finite number.");
    return timeoutMs;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  #limitsNow(): CacheLimits {
    const maxValueBytes = Math.min(...[...this.#nodes.values()].map((node) => node.maxValueBytes));
    return Object.freeze({ maxKeyBytes, maxValueBytes, ttlStepMs });
  }
}

/** Memcached answers an oversize store by removing what stands there, so it must not be sent. */
function checkSize(bytes: Uint8Array, node: MemcachedNode): void {
  if (bytes.byteLength > node.maxValueBytes) throw tooLarge(bytes.byteLength, node.maxValueBytes);
}
