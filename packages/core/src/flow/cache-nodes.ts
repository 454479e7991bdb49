import type { CacheBackend, CasToken } from "../backend/cache-backend.js";
import { type ConnectedCacheBackend, isConnected } from "../backend/connected-cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { isRelocating, type RelocatingCacheBackend } from "../backend/relocating-cache-backend.js";
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
/** Deadlines missed within this time are one. */
const sameMissMs = 10;
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
  abandoned: boolean;
  /** How often it was closed. A cleaning that began before the last time cleaned nothing that was logged since. */
  closings: number;
  missed: number;
  /** Monotonic instant of the last missed deadline. */
  missedAtMs: Milliseconds;
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
  readonly #relocating: RelocatingCacheBackend | undefined;
  readonly #nodes = new Map<string, Node>();

  constructor(options: CacheNodesOptions) {
    this.#options = options;
    this.#connected = isConnected(options.cache) ? options.cache : undefined;
    this.#relocating = isRelocating(options.cache) ? options.cache : undefined;
  }

  get partitions(): readonly string[] {
    return this.#connected?.partitions ?? [onlyPartition];
  }

  partitionOf(cacheKey: string): string {
    return this.#connected?.partitionOf(cacheKey) ?? onlyPartition;
  }

  /** Whether a key may have several places. */
  get relocating(): boolean {
    return this.#relocating !== undefined;
  }

  /** Every place where some process reads and fills the key: the key itself, where this one does, and others while it moves. */
  placesOf(cacheKey: string): readonly string[] {
    return this.#relocating === undefined
      ? [cacheKey]
      : [cacheKey, ...this.#relocating.otherPlacesOf(cacheKey)];
  }

  /** Whether `places` has all places of the key. */
  coveredBy(places: ReadonlySet<string>, cacheKey: string): boolean {
    return this.placesOf(cacheKey).every((place) => places.has(place));
  }

  /** `items` by the node that answers for their key. */
  byPartition<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) {
      const partition = this.partitionOf(keyOf(item));
      const group = groups.get(partition);
      if (group === undefined) groups.set(partition, [item]);
      else group.push(item);
    }
    return groups;
  }

  /** Whether the connection that `token` came from still stands. */
  connectionStands(cacheKey: string, token: CasToken): boolean {
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
    if (node.abandoned) return undefined;
    node.cleaning ??= this.#clean(node).finally(() => {
      node.cleaning = undefined;
      node.abandoned = false;
    });
    try {
      return await withDeadline(this.#options.clock, timeoutMs, node.cleaning, notYet);
    } catch {
      node.abandoned = node.cleaning !== undefined; // the read goes on without the cache, the cleaning behind it
      return undefined;
    }
  }

  /** Takes note that the node answered. */
  succeeded(partition: string): void {
    const node = this.#node(partition);
    node.missed = 0;
    node.closedForMs = 0;
  }

  /** Takes note that an operation was not confirmed. An error that is not about reaching the node says nothing about it. */
  failed(partition: string, error: unknown): void {
    const node = this.#node(partition);
    if (isAsideError(error, "CACHE_UNAVAILABLE")) this.#close(node);
    else if (isAsideError(error, "CACHE_TIMEOUT")) {
      // Operations that were sent together and miss one deadline are one miss.
      const nowMs = this.#options.clock.monotonicMs();
      if (nowMs - node.missedAtMs < sameMissMs) return;
      node.missedAtMs = nowMs;
      node.missed += 1;
      if (node.missed >= missedDeadlines) this.#close(node);
    }
  }

  async #clean(node: Node): Promise<number | undefined> {
    const { clock, observer, cache } = this.#options;
    const { closings } = node;
    try {
      const connection = await withDeadline(clock, connectTimeoutMs, this.#connect(node.partition), notYet);
      const clean = await withDeadline(clock, cleanTimeoutMs, this.#options.clean(node.partition), notYet);
      // While the log was read the connection may have been replaced, or the node closed, whose writers then only logged their keys: rows that
      // were committed in that gap were not seen.
      const gap = connection !== this.#connection(node.partition) || closings !== node.closings;
      if (!clean || gap) throw notYet();
      node.believed = connection;
      this.succeeded(node.partition);
      if (observer.active)
        observer.emit({ type: "node-believed", cache: cache.name, partition: node.partition });
      return connection;
    } catch {
      // The node cannot be reached, or the database cannot be read. Either way it stays unbelieved, and is not asked again at once.
      if (closings === node.closings) this.#close(node);
      return undefined;
    }
  }

  #close(node: Node): void {
    const { clock, observer, cache } = this.#options;
    node.believed = undefined;
    node.closings += 1;
    node.missed = 0;
    // What was under way when the node was closed fails one by one: that is the same outage, and no reason for a longer pause. Else one
    // broken connection with five operations on it would cost the longest one.
    if (clock.monotonicMs() < node.closedUntilMs) return;
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
        abandoned: false,
        closings: 0,
        missed: 0,
        missedAtMs: Number.NEGATIVE_INFINITY,
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
