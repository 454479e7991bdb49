import type { CacheBackend, CasToken } from "../backend/cache-backend.js";
import { type ConnectedCacheBackend, isConnected } from "../backend/connected-cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { AsideError, isAsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { withDeadline } from "./deadline.js";

export interface CacheNodesOptions {
  readonly cache: CacheBackend;
  readonly clock: Clock;
  readonly observer: Observer;
  /**
   * Removes the keys of all log rows of `partition` that are committed by now; resolves with whether all of that was confirmed.
   * Rejects when the database cannot be read.
   */
  readonly clean: (partition: string) => Promise<boolean>;
}

/** Deadlines missed in a row after which a node is left alone. */
const missedDeadlines = 3;
/** How long it is left alone: at first, and at most. Doubled with every failure in between, and jittered. */
const shortestClosedMs = 100;
const longestClosedMs = 1_000;
/** How long to connect may take, and to clean. */
const connectTimeoutMs = 1_000;
const cleanTimeoutMs = 10_000;

/** The one partition of a cache without connections, and its connection. */
const onlyPartition = "";
const alwaysConnected = 1;

interface Node {
  readonly partition: string;
  /** Incarnation of the connection over which the node was cleaned. Reads go over no other. */
  believed: number | undefined;
  cleaning: Promise<number | undefined> | undefined;
  /** The cleaning under way has outlasted somebody's deadline: nobody waits for it any more. */
  slow: boolean;
  missed: number;
  closedForMs: Milliseconds;
  /** Monotonic instant until which the node is left alone. */
  closedUntilMs: Milliseconds;
}

/**
 * What this process knows of each node of a cache: whether it is left alone for now (circuit breaker), and over which connection it
 * may be believed.
 *
 * Invariant: reads trust a node only over a connection at whose beginning, or after it, the node was cleaned. While this
 * process could not reach the node it may have missed invalidations that only stand in the log; the interleaving it
 * prevents: node cut off, a writer logs the key, the node comes back, a reader takes the old value before the relay does.
 */
export class CacheNodes {
  readonly #options: CacheNodesOptions;
  readonly #connected: ConnectedCacheBackend | undefined;
  readonly #nodes = new Map<string, Node>();

  constructor(options: CacheNodesOptions) {
    this.#options = options;
    this.#connected = isConnected(options.cache) ? options.cache : undefined;
  }

  partitionOf(cacheKey: string): string {
    return this.#connected?.partitionOf(cacheKey) ?? onlyPartition;
  }

  /** Whether the connection that `token` came from still stands. */
  stands(cacheKey: string, token: CasToken): boolean {
    const connected = this.#connected;
    return (
      connected === undefined || connected.connection(connected.partitionOf(cacheKey)) === token.connection
    );
  }

  /** Whether the node may be asked at all. */
  usable(partition: string): boolean {
    return this.#options.clock.monotonicMs() >= this.#node(partition).closedUntilMs;
  }

  /** The connection over which the node is believed now, or `undefined`. Does no I/O. */
  believed(partition: string): number | undefined {
    const node = this.#node(partition);
    return node.believed !== undefined && node.believed === this.#connection(partition)
      ? node.believed
      : undefined;
  }

  /** Connects and cleans the node if it is usable. Resolves with the believed connection, or `undefined` where there is none by `timeoutMs`. */
  async believe(partition: string, timeoutMs: Milliseconds): Promise<number | undefined> {
    const believed = this.believed(partition);
    if (believed !== undefined) return believed;
    if (!this.usable(partition)) return undefined;
    const node = this.#node(partition);
    if (node.slow) return undefined;
    node.cleaning ??= this.#clean(node).finally(() => {
      node.cleaning = undefined;
      node.slow = false;
    });
    try {
      return await withDeadline(this.#options.clock, timeoutMs, node.cleaning, notYet);
    } catch {
      node.slow = node.cleaning !== undefined; // the read goes on without the cache, the cleaning behind it
      return undefined;
    }
  }

  succeeded(partition: string): void {
    const node = this.#node(partition);
    node.missed = 0;
    node.closedForMs = 0;
  }

  /** Takes note that an operation was not confirmed. A request that was refused for what it held says nothing about the node. */
  failed(partition: string, error: unknown): void {
    if (isAsideError(error, "INVALID_VALUE") || isAsideError(error, "INVALID_KEY")) return;
    const node = this.#node(partition);
    node.missed += 1;
    if (isAsideError(error, "CACHE_TIMEOUT") && node.missed < missedDeadlines) return;
    this.#close(node);
  }

  async #clean(node: Node): Promise<number | undefined> {
    const { clock, observer, cache } = this.#options;
    try {
      const connection = await withDeadline(clock, connectTimeoutMs, this.#connect(node.partition), notYet);
      const clean = await withDeadline(clock, cleanTimeoutMs, this.#options.clean(node.partition), notYet);
      // The connection may have broken and been replaced while the log was read: rows that were committed in that gap were not seen.
      if (!clean || connection !== this.#connection(node.partition)) return undefined;
      node.believed = connection;
      this.succeeded(node.partition);
      if (observer.active)
        observer.emit({ type: "node-believed", cache: cache.name, partition: node.partition });
      return connection;
    } catch {
      // The node cannot be reached, or the database cannot be read. Either way it stays unbelieved, and is not asked again at once.
      this.#close(node);
      return undefined;
    }
  }

  #close(node: Node): void {
    const { clock, observer, cache } = this.#options;
    node.believed = undefined;
    node.missed = 0;
    node.closedForMs = Math.min(Math.max(node.closedForMs * 2, shortestClosedMs), longestClosedMs);
    node.closedUntilMs = clock.monotonicMs() + node.closedForMs * (0.5 + Math.random() / 2);
    if (observer.active) observer.emit({ type: "node-closed", cache: cache.name, partition: node.partition });
  }

  #connection(partition: string): number {
    return this.#connected?.connection(partition) ?? alwaysConnected;
  }

  async #connect(partition: string): Promise<number> {
    return this.#connected?.connect(partition, { timeoutMs: connectTimeoutMs }) ?? alwaysConnected;
  }

  #node(partition: string): Node {
    let node = this.#nodes.get(partition);
    if (node === undefined) {
      node = {
        partition,
        believed: undefined,
        cleaning: undefined,
        slow: false,
        missed: 0,
        closedForMs: 0,
        closedUntilMs: 0,
      };
      this.#nodes.set(partition, node);
    }
    return node;
  }
}

function notYet(): AsideError {
  return new AsideError("CACHE_TIMEOUT", "The cache node was not connected and cleaned in time.");
}
