import {
  AsideError,
  type CacheCallOptions,
  type CacheEntry,
  type CacheLimits,
  type CasToken,
  type ConnectedCacheBackend,
  type LeasedEntry,
  type LeasingCacheBackend,
} from "@aside/core";
import type { Dawdler } from "../plan/plan.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { CacheConnection, timedOut, unavailable } from "./cache-connection.js";
import type { CacheNode } from "./cache-node.js";
import { isHold, isLease, isSeed } from "./entry-bytes.js";

interface Token extends CasToken {
  readonly cas: number;
}

interface Link {
  readonly node: CacheNode;
  connection: CacheConnection | undefined;
  attempt: Promise<CacheConnection> | undefined;
  retryAtMs: number;
}

const connectTimeoutMs = 1_000;
/** A node that refused a connection, or broke a young one, is left alone for up to so long; calls fail at once meanwhile. */
const longestRetryMs = 150;

/** What one process has of the shared cache: as the memcached adapter does it, one connection for each node, and tokens bound to it. */
export class SimCache implements ConnectedCacheBackend {
  readonly name = "cache";
  readonly limits: CacheLimits = { maxKeyBytes: 250, maxValueBytes: 1_000_000, ttlStepMs: 1_000 };
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #links: readonly Link[];

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
    this.#links = world.nodes.map((node) => ({
      node,
      connection: undefined,
      attempt: undefined,
      retryAtMs: 0,
    }));
  }

  get partitions(): readonly string[] {
    return this.#links.map(({ node }) => node.name);
  }

  partitionOf(key: string): string {
    return this.#world.nodeOf(key).name;
  }

  connection(partition: string): number {
    return this.#link(partition).connection?.incarnation ?? 0;
  }

  async connect(partition: string, options: CacheCallOptions = {}): Promise<number> {
    const connection = await this.#connected(this.#link(partition), options.timeoutMs ?? connectTimeoutMs);
    return connection.incarnation;
  }

  async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.ask("get", keys, options, (link, own, connection) => this.#read(link.node, own, connection));
  }

  async add(
    key: string,
    bytes: Uint8Array,
    ttlMs: number,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    const { node } = this.#linkOf(key);
    return this.#over(this.#linkOf(key), options, (connection, timeoutMs) =>
      this.#store("add", key, bytes, connection, timeoutMs, () => node.add(key, bytes, ttlMs)),
    );
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number, options?: CacheCallOptions): Promise<CasToken> {
    const { node } = this.#linkOf(key);
    if (isHold(bytes)) {
      this.#world.holds.sent(bytes, key);
      this.#world.reach(this.#process, "hold-sent");
    }
    return this.#over(this.#linkOf(key), options, (connection, timeoutMs) =>
      this.#store("set", key, bytes, connection, timeoutMs, () => node.set(key, bytes, ttlMs)),
    ) as Promise<CasToken>;
  }

  async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: number,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    const { node, connection } = this.#linkOf(key);
    if (connection?.incarnation !== token.connection) return undefined;
    const { cas } = token as Token;
    if (!isHold(bytes) && !isLease(bytes)) this.#world.reach(this.#process, "fill-sent");
    return this.#store("cas", key, bytes, connection, this.#timeoutMs(options), () =>
      node.compareAndSet(key, bytes, ttlMs, cas),
    );
  }

  async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    const { node, connection } = this.#linkOf(key);
    if (connection?.incarnation !== token.connection) return false;
    const { cas } = token as Token;
    this.#world.reach(this.#process, "release-sent");
    return connection.call("release", key, `delete ${key}`, this.#timeoutMs(options), () =>
      node.delete(key, cas),
    );
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  /** A connection tells that it has ended. */
  ended(connection: CacheConnection): void {
    for (const link of this.#links) {
      if (link.connection !== connection) continue;
      link.connection = undefined;
      const leaveAloneMs = this.#process.random.between(-longestRetryMs, longestRetryMs);
      link.retryAtMs = this.#world.scheduler.nowMs + leaveAloneMs;
    }
  }

  /** The network or a server breaks connections: of one node, or all. */
  breakOff(node?: CacheNode): void {
    for (const link of this.#links) {
      if (node === undefined || link.node === node) link.connection?.breakOff();
    }
  }

  /** The process is dead. */
  abandon(): void {
    for (const link of this.#links) link.connection?.abandon();
  }

  /** Asks each node for its keys. */
  protected async ask<E extends CacheEntry>(
    verb: string,
    keys: readonly string[],
    options: CacheCallOptions | undefined,
    effect: (link: Link, own: readonly string[], connection: CacheConnection) => ReadonlyMap<string, E>,
  ): Promise<ReadonlyMap<string, E>> {
    const found = new Map<string, E>();
    await Promise.all(
      this.#links.map(async (link) => {
        const own = keys.filter((key) => this.#world.nodeOf(key) === link.node);
        if (own.length === 0) return;
        const answer = await this.#over(link, options, (connection, timeoutMs) =>
          connection.call("get", "", `${verb} ${own.join(" ")}`, timeoutMs, () =>
            effect(link, own, connection),
          ),
        );
        for (const [key, entry] of answer) found.set(key, entry);
      }),
    );
    return found;
  }

  /** What the node does to read keys, and to lease the missing ones. */
  protected lease(
    { node }: Link,
    keys: readonly string[],
    ttlMs: number,
    connection: CacheConnection,
  ): Map<string, LeasedEntry> {
    const standing = this.#read(node, keys, connection);
    const found = new Map<string, LeasedEntry>();
    for (const key of keys) {
      const entry = standing.get(key);
      const cas = entry === undefined ? node.add(key, noBytes, ttlMs) : undefined;
      if (entry !== undefined) found.set(key, { ...entry, leased: false });
      else if (cas !== undefined) {
        const token: Token = { connection: connection.incarnation, cas };
        found.set(key, { bytes: noBytes, token, leased: true });
        this.#world.reach(this.#process, "lease-applied");
      }
    }
    return found;
  }

  #read(node: CacheNode, keys: readonly string[], connection: CacheConnection): Map<string, CacheEntry> {
    const found = new Map<string, CacheEntry>();
    for (const key of keys) {
      const slot = node.look(key);
      if (slot === undefined) continue;
      const token: Token = { connection: connection.incarnation, cas: slot.cas };
      found.set(key, { bytes: slot.bytes, token });
      this.#world.history.sawEntry(this.#process, key, slot.bytes, connection);
    }
    return found;
  }

  async #store(
    verb: string,
    key: string,
    bytes: Uint8Array,
    connection: CacheConnection,
    timeoutMs: number,
    effect: () => number | undefined,
  ): Promise<Token | undefined> {
    const world = this.#world;
    const what = (): string => `${verb} ${key} ${world.describe(bytes)}`;
    const cas = await connection.call(dawdlerOf(bytes), key, world.tracing ? what() : verb, timeoutMs, () => {
      const stored = effect();
      if (stored !== undefined && isHold(bytes)) {
        world.holds.applied(bytes);
        world.reach(this.#process, "hold-applied");
      } else if (stored !== undefined && isLease(bytes)) world.reach(this.#process, "lease-applied");
      // A stored fill is an answer of the cache, too: it tells that nobody wrote the key meanwhile.
      else if (stored !== undefined) world.history.sawEntry(this.#process, key, bytes, connection);
      return stored;
    });
    if (cas === undefined) return undefined;
    if (isHold(bytes)) {
      world.holds.confirmed(bytes, connection);
      world.reach(this.#process, "hold-confirmed");
    }
    return { connection: connection.incarnation, cas };
  }

  #over<T>(
    link: Link,
    options: CacheCallOptions | undefined,
    use: (connection: CacheConnection, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = this.#timeoutMs(options);
    const { connection } = link;
    if (connection !== undefined) return use(connection, timeoutMs);
    const startMs = this.#world.scheduler.nowMs;
    return this.#connected(link, timeoutMs).then(
      (made) => use(made, timeoutMs - (this.#world.scheduler.nowMs - startMs)),
      () => {
        throw unavailable();
      },
    );
  }

  #connected(link: Link, timeoutMs: number): Promise<CacheConnection> {
    if (link.connection !== undefined) return Promise.resolve(link.connection);
    const { scheduler } = this.#world;
    if (link.attempt === undefined) {
      if (scheduler.nowMs < link.retryAtMs) return Promise.reject(unavailable());
      const attempt = this.#attempt(link).finally(() => {
        if (link.attempt === attempt) link.attempt = undefined;
      });
      attempt.catch(() => undefined);
      link.attempt = attempt;
    }
    const { attempt } = link;
    return new Promise((resolve, reject) => {
      const late = scheduler.after(timeoutMs, this.#process, () => reject(timedOut()));
      attempt.then(
        (connection) => {
          late.cancel();
          resolve(connection);
        },
        (error) => {
          late.cancel();
          reject(error);
        },
      );
    });
  }

  #attempt(link: Link): Promise<CacheConnection> {
    const { scheduler } = this.#world;
    const process = this.#process;
    const { node } = link;
    return new Promise((resolve, reject) => {
      let over = false;
      const fail = (): void => {
        over = true;
        late.cancel();
        link.retryAtMs = scheduler.nowMs + process.random.between(0, longestRetryMs);
        reject(unavailable());
      };
      const late = scheduler.after(connectTimeoutMs, process, fail);
      const knock = (): void => {
        const unreachableMs = Math.max(process.networkTo(node).partitionedUntilMs, node.pausedUntilMs);
        if (unreachableMs > scheduler.nowMs) {
          scheduler.at(unreachableMs + process.latencyMs(), undefined, knock);
          return;
        }
        const { up, boot } = node;
        scheduler.after(process.latencyMs(), process, () => {
          if (over) return;
          if (!up || node.boot !== boot) {
            fail();
            return;
          }
          over = true;
          late.cancel();
          this.#world.connections += 1;
          link.connection = new CacheConnection(this.#world, process, node, boot, this.#world.connections);
          this.#world.note(() => `${process.name} is connected to ${node.name}`);
          resolve(link.connection);
        });
      };
      scheduler.after(process.latencyMs(), undefined, knock);
    });
  }

  #timeoutMs(options: CacheCallOptions | undefined): number {
    return options?.timeoutMs ?? this.#world.settings.cacheTimeoutMs;
  }

  #linkOf(key: string): Link {
    return this.#link(this.partitionOf(key));
  }

  #link(partition: string): Link {
    const link = this.#links.find(({ node }) => node.name === partition);
    if (link === undefined) throw new AsideError("CONFIGURATION", "simulated: no such partition");
    return link;
  }
}

const noBytes = new Uint8Array(0);

/** A cache that can read a key and take its lease in one round trip. */
export class LeasingSimCache extends SimCache implements LeasingCacheBackend {
  async getOrLease(
    keys: readonly string[],
    leaseTtlMs: number,
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, LeasedEntry>> {
    return this.ask("get or lease", keys, options, (link, own, connection) =>
      this.lease(link, own, leaseTtlMs, connection),
    );
  }
}

function dawdlerOf(bytes: Uint8Array): Dawdler {
  if (isHold(bytes)) return "hold";
  if (isSeed(bytes)) return "seed";
  return isLease(bytes) ? "lease" : "fill";
}
