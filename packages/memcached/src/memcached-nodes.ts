import { AsyncResource } from "node:async_hooks";
import type { CacheCallOptions, CacheLimits, Milliseconds } from "@aside/core";
import { Ketama } from "./ketama.js";
import { asUnavailable, closed } from "./memcached-errors.js";
import { maxKeyBytes, ttlStepMs } from "./memcached-limits.js";
import { MemcachedNode, type MemcachedNodeOptions, type NodeConnection } from "./memcached-node.js";
import type { ResolvedMemcachedOptions } from "./memcached-options.js";
import type { NodeStats } from "./node-stats.js";
import type { ServerAddress } from "./server-address.js";

/** How connections of one transport are made. */
export interface Transport<Connection extends NodeConnection> {
  open(address: ServerAddress, onEnd: () => void): Connection;
  greet: MemcachedNodeOptions<Connection>["greet"];
  stats: MemcachedNodeOptions<Connection>["stats"];
}

/** The servers of one cache: which of them answers for a key, what they take, and how a call gets a connection. */
export class MemcachedNodes<Connection extends NodeConnection> {
  readonly #options: ResolvedMemcachedOptions;
  readonly #nodes: ReadonlyMap<string, MemcachedNode<Connection>>;
  readonly #onlyNode: MemcachedNode<Connection> | undefined;
  readonly #ring: Ketama;
  #limits: CacheLimits;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedMemcachedOptions, transport: Transport<Connection>) {
    this.#options = options;
    // Without it a connection would keep the transaction alive in which it happened to be made.
    const context = new AsyncResource("MemcachedNodes");
    const nodes = options.addresses.map(
      (address) =>
        new MemcachedNode<Connection>(address.partition, {
          ...options,
          context,
          open: (onEnd) => transport.open(address, onEnd),
          greet: transport.greet,
          stats: transport.stats,
        }),
    );
    this.#nodes = new Map(nodes.map((node) => [node.partition, node]));
    this.#onlyNode = nodes.length === 1 ? nodes[0] : undefined;
    this.#ring = new Ketama(options.addresses);
    this.#limits = this.#limitsNow();
  }

  /** `maxValueBytes` is the least of all servers; of one that was never reached, memcached's default of 1 MiB is assumed. */
  get limits(): CacheLimits {
    const now = this.#limitsNow();
    if (now.maxValueBytes !== this.#limits.maxValueBytes) this.#limits = now;
    return this.#limits;
  }

  get partitions(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  partitionOf(key: string): string {
    return this.#onlyNode?.partition ?? this.#ring.nodeOf(key);
  }

  /** The node that answers for `key`, whether it is up or not. */
  nodeOf(key: string): MemcachedNode<Connection> {
    return this.#onlyNode ?? this.#node(this.#ring.nodeOf(key));
  }

  /** The keys of each node, in their order. */
  byNode(keys: readonly string[]): Map<MemcachedNode<Connection>, readonly string[]> {
    if (this.#onlyNode !== undefined) return new Map([[this.#onlyNode, keys]]);
    const groups = new Map<MemcachedNode<Connection>, string[]>();
    for (const key of keys) {
      const node = this.nodeOf(key);
      const group = groups.get(node);
      if (group === undefined) groups.set(node, [key]);
      else group.push(key);
    }
    return groups;
  }

  /** Incarnation of the connection that stands, or 0. */
  connection(partition: string): number {
    return this.#node(partition).ready?.incarnation ?? 0;
  }

  async connect(partition: string, options: CacheCallOptions | undefined): Promise<number> {
    const node = this.#node(partition);
    this.checkOpen();
    return (await node.connect(this.timeoutMs(options))).incarnation;
  }

  /** Calls `use` in this very turn where there is a connection, else as soon as there is one. */
  on<T>(
    node: MemcachedNode<Connection>,
    timeoutMs: Milliseconds,
    use: (connection: Connection, leftMs: Milliseconds) => Promise<T>,
  ): Promise<T> {
    const connection = node.ready;
    return connection === undefined
      ? this.#afterConnecting(node, timeoutMs, use)
      : use(connection, timeoutMs);
  }

  /** Deadline of one call. */
  timeoutMs(options: CacheCallOptions | undefined): Milliseconds {
    const timeoutMs = options?.timeoutMs ?? this.#options.timeoutMs;
    // A deadline that never comes would let a caller wait for ever.
    if (!Number.isFinite(timeoutMs)) throw new TypeError("timeoutMs must be a finite number.");
    return timeoutMs;
  }

  /** What is known of each server, in the order of the list. */
  async stats(options: CacheCallOptions | undefined): Promise<readonly NodeStats[]> {
    this.checkOpen();
    const timeoutMs = this.timeoutMs(options);
    return Promise.all([...this.#nodes.values()].map((node) => node.stats(timeoutMs)));
  }

  checkOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#nodes.values()].map((node) => node.close())).then(
      () => undefined,
    );
    return this.#closing;
  }

  async #afterConnecting<T>(
    node: MemcachedNode<Connection>,
    timeoutMs: Milliseconds,
    use: (connection: Connection, leftMs: Milliseconds) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const connection = await node.connect(timeoutMs).catch((error) => {
      throw asUnavailable(node.partition, error);
    });
    this.checkOpen();
    return use(connection, timeoutMs - (clock.monotonicMs() - startMs));
  }

  #node(partition: string): MemcachedNode<Connection> {
    const node = this.#nodes.get(partition);
    if (node === undefined) throw new TypeError("The cache has no such partition.");
    return node;
  }

  #limitsNow(): CacheLimits {
    const maxValueBytes = Math.min(...[...this.#nodes.values()].map((node) => node.maxValueBytes));
    return Object.freeze({ maxKeyBytes, maxValueBytes, ttlStepMs });
  }
}
