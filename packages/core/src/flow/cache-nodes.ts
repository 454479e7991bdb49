import type { CacheBackend, CasToken } from "../backend/cache-backend.js";
import { type ConnectedCacheBackend, isConnected } from "../backend/connected-cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { isRelocating, type RelocatingCacheBackend } from "../backend/relocating-cache-backend.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import { Background } from "./background.js";
import { Breaker, type BreakerState } from "./breaker.js";
import { withDeadline } from "./deadline.js";
import { detached } from "./detached.js";

export interface CacheNodesOptions {
  readonly cache: CacheBackend;
  readonly clock: Clock;
  readonly observer: Observer;
  /**
   * Removes the keys of all log rows of `partition` that are committed by now; resolves with whether all of that was confirmed. Begins nothing
   * more after `timeoutMs`, and always ends. Rejects when the database cannot be read.
   */
  readonly clean: (partition: string, timeoutMs: Milliseconds) => Promise<boolean>;
  /** Longest pause between two probes of a node. */
  readonly longestPauseMs: Milliseconds;
}

/** What this process knows of one node. */
export interface NodeState {
  readonly partition: string;
  readonly state: BreakerState;
  /** Whether reads trust it now. */
  readonly believed: boolean;
}

/** How long to connect may take, and to clean: the rest of a long backlog is for the next probe. */
const connectTimeoutMs = 1_000;
const cleanTimeoutMs = 10_000;

/** The one partition of a cache without connections, and its connection. */
const onlyPartition = "";
const alwaysConnected = 1;

/** One attempt at believing a node. */
interface Cleaning {
  /** Resolves with the connection that is believed, or `undefined`. Never rejects. */
  readonly done: Promise<number | undefined>;
  /** Readers wait for it. Not for a probe, nor for one that has outlasted somebody's deadline. */
  attended: boolean;
}

interface Node {
  readonly partition: string;
  readonly breaker: Breaker;
  /** Incarnation of the connection over which the node was cleaned. Reads go over no other. */
  believed: number | undefined;
  cleaning: Cleaning | undefined;
  /** Of the next probe. */
  timer: ClockTimer | undefined;
}

/**
 * What this process knows of each node of a cache: whether it is left alone for now (circuit breaker), and over which connection it
 * may be believed.
 *
 * Invariant: reads trust a node only over a connection at whose beginning, or after it, the node was cleaned. While this
 * process could not reach the node it may have missed invalidations that only stand in the log; the interleaving it
 * prevents: node cut off, a writer logs the key, the node comes back, a reader takes the old value before the relay does.
 *
 * A node that failed is left alone by everybody, readers, writers and relay polls, until one probe, connect and clean, has succeeded. The probe runs
 * behind all callers when the pause is over, whether or not anybody asks: so an idle process delivers its backlog too. Callers wait,
 * within their deadlines, only for the cleaning of a node that has not failed: at the first connection, and where a connection was replaced unnoticed.
 */
export class CacheNodes {
  readonly #options: CacheNodesOptions;
  readonly #connected: ConnectedCacheBackend | undefined;
  readonly #relocating: RelocatingCacheBackend | undefined;
  readonly #nodes = new Map<string, Node>();
  readonly #background = new Background();

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

  /** Whether the node may be asked at all. Does no I/O. */
  usable(partition: string): boolean {
    return this.#node(partition).breaker.state === "closed";
  }

  /** The nodes, each with what this process knows of it now. */
  states(): readonly NodeState[] {
    const partitions = this.#connected?.partitions ?? [onlyPartition];
    return partitions.map((partition) => ({
      partition,
      state: this.#node(partition).breaker.state,
      believed: this.believed(partition) !== undefined,
    }));
  }

  /** The connection over which the node is believed now, or `undefined`. Does no I/O. */
  believed(partition: string): number | undefined {
    const node = this.#node(partition);
    return node.believed !== undefined && node.believed === this.#connection(partition)
      ? node.believed
      : undefined;
  }

  /**
   * Connects and cleans a usable node, once for all who ask meanwhile. Resolves with the believed connection, or `undefined` where there is
   * none by `timeoutMs`; at once where the node is left alone, or was cleaned for longer than somebody's deadline.
   */
  async believe(partition: string, timeoutMs: Milliseconds): Promise<number | undefined> {
    const believed = this.believed(partition);
    if (believed !== undefined) return believed;
    const node = this.#node(partition);
    if (!this.usable(partition) || this.#background.closing.aborted) return undefined;
    const cleaning = node.cleaning ?? this.#begin(node, true, () => this.#clean(node));
    if (!cleaning.attended) return undefined;
    try {
      return await withDeadline(this.#options.clock, timeoutMs, cleaning.done, notYet);
    } catch {
      cleaning.attended = false; // the read goes on without the cache, the cleaning behind it
      return undefined;
    }
  }

  /** Takes note that the node answered. */
  succeeded(partition: string): void {
    this.#node(partition).breaker.succeeded();
  }

  /** Takes note that an operation was not confirmed. */
  failed(partition: string, error: unknown): void {
    const node = this.#node(partition);
    if (node.breaker.failed(error)) this.#leaveAlone(node);
  }

  /** Begins no more probes, and waits for one under way: a relay that was stopped before ends it with its page. */
  async end(): Promise<void> {
    const ended = this.#background.end();
    for (const { timer } of this.#nodes.values()) timer?.cancel();
    await ended;
  }

  /** Runs one attempt behind all callers, outside of their asynchronous contexts: none of their transactions is to be kept alive, or joined. */
  #begin(node: Node, attended: boolean, attempt: () => Promise<number | undefined>): Cleaning {
    const done = detached(attempt).finally(() => {
      if (node.cleaning === cleaning) node.cleaning = undefined;
    });
    const cleaning: Cleaning = { done, attended };
    node.cleaning = cleaning;
    this.#background.track(done);
    return cleaning;
  }

  /** Leaves the node to a probe, after a pause. */
  #leaveAlone(node: Node): void {
    const { clock, observer, cache } = this.#options;
    const { breaker } = node;
    if (breaker.state === "closed" && observer.active)
      observer.emit({ type: "breaker-opened", cache: cache.name, partition: node.partition });
    node.believed = undefined;
    const pauseMs = breaker.open();
    if (this.#background.closing.aborted) return;
    node.timer = clock.after(pauseMs, () => this.#probeBehind(node), "tidy");
  }

  #probeBehind(node: Node): void {
    node.breaker.halfOpen();
    // A cleaning that the outage overtook comes to its end first: there is never more than one at a time.
    const overtaken = node.cleaning?.done;
    this.#begin(node, false, async () => {
      await overtaken;
      return this.#probe(node);
    });
  }

  /**
   * Cleans twice. The interleaving that the second time is for: the probe reads the log; a writer finds the node left alone and only logs its key; the
   * probe succeeds; a reader, or that very writer, takes the old value. After the first time writers release at the node itself again, so
   * whoever was turned away has committed its row before the second reading, or releases its key itself.
   */
  async #probe(node: Node): Promise<number | undefined> {
    try {
      await this.#connectAndClean(node.partition);
    } catch {
      this.#leaveAlone(node);
      return undefined;
    }
    node.breaker.close();
    return this.#background.closing.aborted ? undefined : this.#clean(node);
  }

  async #clean(node: Node): Promise<number | undefined> {
    const { observer, cache } = this.#options;
    const { partition, breaker } = node;
    const { openings } = breaker;
    try {
      const connection = await this.#connectAndClean(partition);
      // While the log was read the connection may have been replaced, or the node left alone, whose writers then only logged their keys: rows that
      // were committed in that gap were not seen.
      if (connection !== this.#connection(partition) || openings !== breaker.openings) throw notYet();
      node.believed = connection;
      if (observer.active) observer.emit({ type: "node-believed", cache: cache.name, partition });
      return connection;
    } catch {
      // The node cannot be reached, or the database cannot be read. Either way it stays unbelieved, and is not asked again at once.
      if (openings === breaker.openings) this.#leaveAlone(node);
      return undefined;
    }
  }

  async #connectAndClean(partition: string): Promise<number> {
    const { clock, clean } = this.#options;
    const connection = await withDeadline(clock, connectTimeoutMs, this.#connect(partition), notYet);
    if (!(await clean(partition, cleanTimeoutMs))) throw notYet();
    return connection;
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
      const { clock, longestPauseMs } = this.#options;
      node = {
        partition,
        breaker: new Breaker(clock, longestPauseMs),
        believed: undefined,
        cleaning: undefined,
        timer: undefined,
      };
      this.#nodes.set(partition, node);
    }
    return node;
  }
}

function notYet(): AsideError {
  return new AsideError("CACHE_TIMEOUT", "The cache node was not connected and cleaned in time.");
}
