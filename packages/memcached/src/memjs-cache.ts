import { AsyncResource } from "node:async_hooks";
import type {
  CacheCallOptions,
  CacheEntry,
  CacheLimits,
  CasToken,
  ConnectedCacheBackend,
  Milliseconds,
} from "@aside/core";
import {
  type Cas,
  encodeQuietGets,
  encodeRequest,
  encodeStore,
  opcodes,
  statuses,
} from "./binary-protocol.js";
import type { MemcachedConnection, Outcome } from "./memcached-connection.js";
import { asUnavailable, closed, ProtocolError, refused, timedOut, tooLarge } from "./memcached-errors.js";
import { toExpirySeconds } from "./memcached-expiry.js";
import { checkKey, maxKeyBytes, ttlStepMs } from "./memcached-limits.js";
import { MemcachedNode } from "./memcached-node.js";
import {
  type MemjsCacheOptions,
  type ResolvedMemjsCacheOptions,
  resolveMemjsCacheOptions,
} from "./memjs-cache-options.js";
import type { MemjsResponse } from "./memjs-server.js";
import { Rendezvous } from "./rendezvous.js";
import { casOf, expectOpcode } from "./replies.js";

/** A CAS, and the connection that it came over. */
interface MemcachedToken extends CasToken, Cas {}

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
 *   `CACHE_TIMEOUT`, its innocent neighbours on that server with `CACHE_UNAVAILABLE`. To the reads among them that is a miss.
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
        this.#on(node, timeoutMs, (connection, leftMs) =>
          readMany(connection, node.partition, group, leftMs),
        ),
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
    return this.#store(opcodes.add, key, bytes, ttlMs, options, [statuses.exists]);
  }

  async set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#store(opcodes.set, key, bytes, ttlMs, options, []) as Promise<CasToken>;
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
    const bound = boundTo(node, token);
    if (bound === undefined) return undefined;
    return store(
      bound.connection,
      node.partition,
      opcodes.set,
      key,
      bytes,
      expirySeconds,
      timeoutMs,
      bound.token,
      [statuses.notFound, statuses.exists],
    );
  }

  async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    this.#checkOpen();
    const timeoutMs = this.#timeoutMs(options);
    checkKey(key);
    const node = this.#nodeOf(key);
    const bound = boundTo(node, token);
    if (bound === undefined) return false;
    return bound.connection.call(
      (opaque) => encodeRequest(opcodes.delete, opaque, key, bound.token),
      timeoutMs,
      (response): Outcome<boolean> => {
        expectOpcode(response, opcodes.delete);
        switch (response.header.status) {
          case statuses.ok:
            return { value: true };
          case statuses.notFound:
          case statuses.exists:
            return { value: false };
          default:
            return { error: refused(node.partition, response.header.status) };
        }
      },
    );
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
    opcode: typeof opcodes.add | typeof opcodes.set,
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options: CacheCallOptions | undefined,
    lost: readonly number[],
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
      return store(connection, node.partition, opcode, key, own, expirySeconds, leftMs, undefined, lost);
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
    const leftMs = timeoutMs - (clock.monotonicMs() - startMs);
    // With too little time left the call would miss its deadline, and end the new connection for everybody.
    if (leftMs < timeoutMs / 2) throw timedOut(node.partition, "connected too late, nothing was sent");
    return use(connection, leftMs);
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
    return Math.max(0, timeoutMs);
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

/**
 * The connection on which `token` is good, with the token; `undefined` where it has ended.
 *
 * Invariant: a conditional request goes out on the connection that its token came over, or not at all. The interleaving it prevents:
 * token 1 taken, server restarted (its CAS begins at 1 again) and refilled, the request reconnects and token 1 matches an item that it
 * never named. The check and the hand-over to the connection happen in one turn, and the connection object never changes its socket
 * (`SingleConnectionServer`); if that socket is gone by the time of the write, the request fails with it.
 */
function boundTo(
  node: MemcachedNode,
  token: CasToken,
): { readonly connection: MemcachedConnection; readonly token: MemcachedToken } | undefined {
  const connection = node.ready;
  if (connection === undefined || token.connection !== connection.incarnation) return undefined;
  const { casHigh, casLow } = token as MemcachedToken;
  // A CAS of 0 would make the request unconditional. No token of ours holds one.
  if (!isHalf(casHigh) || !isHalf(casLow) || (casHigh === 0 && casLow === 0)) return undefined;
  return { connection, token: token as MemcachedToken };
}

function isHalf(value: unknown): boolean {
  return typeof value === "number" && value >>> 0 === value;
}

function readMany(
  connection: MemcachedConnection,
  partition: string,
  keys: readonly string[],
  timeoutMs: Milliseconds,
): Promise<Map<string, CacheEntry>> {
  return keys.length === 1
    ? readOne(connection, partition, keys[0] as string, timeoutMs)
    : readBatch(connection, partition, keys, timeoutMs);
}

function readOne(
  connection: MemcachedConnection,
  partition: string,
  key: string,
  timeoutMs: Milliseconds,
): Promise<Map<string, CacheEntry>> {
  return connection.call(
    (opaque) => encodeRequest(opcodes.getk, opaque, key),
    timeoutMs,
    (response): Outcome<Map<string, CacheEntry>> => {
      expectOpcode(response, opcodes.getk);
      const { status } = response.header;
      if (status === statuses.notFound) return { value: new Map() };
      if (status !== statuses.ok) return { error: refused(partition, status) };
      if (response.key.toString("latin1") !== key) throw new ProtocolError("a value belongs to another key");
      return { value: new Map([[key, entryOf(connection, response)]]) };
    },
  );
}

function readBatch(
  connection: MemcachedConnection,
  partition: string,
  keys: readonly string[],
  timeoutMs: Milliseconds,
): Promise<Map<string, CacheEntry>> {
  const found = new Map<string, CacheEntry>();
  let next = 0;
  let failedStatus: number | undefined;
  return connection.call(
    (opaque) => encodeQuietGets(opaque, keys),
    timeoutMs,
    (response): Outcome<Map<string, CacheEntry>> => {
      if (response.header.opcode === opcodes.noop) {
        // An error is no miss: whoever looks before he removes would take it for "nothing there".
        return failedStatus === undefined ? { value: found } : { error: refused(partition, failedStatus) };
      }
      expectOpcode(response, opcodes.getkq);
      const { status } = response.header;
      if (status === statuses.notFound) return undefined;
      if (status !== statuses.ok) {
        failedStatus ??= status;
        return undefined;
      }
      const key = response.key.toString("latin1");
      // The answers come in the order of the keys, with gaps.
      while (next < keys.length && keys[next] !== key) next += 1;
      if (next === keys.length) throw new ProtocolError("a value belongs to another key");
      next += 1;
      found.set(key, entryOf(connection, response));
      return undefined;
    },
  );
}

/** @param lost - the statuses that mean a lost race. */
function store(
  connection: MemcachedConnection,
  partition: string,
  opcode: typeof opcodes.add | typeof opcodes.set,
  key: string,
  bytes: Uint8Array,
  expirySeconds: number,
  timeoutMs: Milliseconds,
  cas: Cas | undefined,
  lost: readonly number[],
): Promise<CasToken | undefined> {
  return connection.call(
    (opaque) => encodeStore(opcode, opaque, key, bytes, expirySeconds, cas),
    timeoutMs,
    (response): Outcome<CasToken | undefined> => {
      expectOpcode(response, opcode);
      const { status } = response.header;
      if (status === statuses.ok) return { value: tokenOf(connection, response) };
      return lost.includes(status) ? { value: undefined } : { error: refused(partition, status) };
    },
  );
}

function entryOf(connection: MemcachedConnection, response: MemjsResponse): CacheEntry {
  return { bytes: response.val, token: tokenOf(connection, response) };
}

function tokenOf(connection: MemcachedConnection, response: MemjsResponse): MemcachedToken {
  const { casHigh, casLow } = casOf(response);
  if (casHigh === 0 && casLow === 0) throw new ProtocolError("the server hands out no CAS any more");
  return { connection: connection.incarnation, casHigh, casLow };
}
