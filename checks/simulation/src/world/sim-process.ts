import { AsideError, type TieredStore } from "@aside/core";
import type { CacheNode } from "../cache/cache-node.js";
import { LeasingSimCache, SimCache } from "../cache/sim-cache.js";
import type { Row } from "../database/server-transaction.js";
import type { Session } from "../database/session.js";
import { SimCollection, Sources } from "../database/sim-collection.js";
import { SimTransactions } from "../database/sim-transactions.js";
import { newWriteFacts, touchedBy, type WriteFacts } from "../oracle/write-facts.js";
import type { Dawdler, LostCommit, Settings } from "../plan/plan.js";
import type { Random } from "../plan/random.js";
import { context } from "./context.js";
import { Network } from "./network.js";
import { ProcessClock } from "./process-clock.js";
import type { Actor } from "./scheduler.js";
import { SimBus } from "./sim-bus.js";
import type { World } from "./world.js";

/** Rows and views of a process, as the library shows them. A view's value are the ids of its sources. */
export type Value = Row | { readonly sources: readonly (string | null)[] };

/** One life of one process. A restarted one is another object: whatever the old one waited for never comes. */
export class SimProcess implements Actor {
  readonly slot: number;
  readonly name: string;
  readonly random: Random;
  readonly settings: Settings;
  readonly bus: SimBus | undefined;
  readonly cache: SimCache;
  readonly transactions: SimTransactions;
  readonly sources: Sources;
  readonly store: TieredStore<Value>;
  readonly clock: ProcessClock;
  /** Sessions that stand. */
  readonly sessions = new Set<Session>();
  /** Stands for statements that belong to no write. */
  readonly noWrite: WriteFacts;
  /** Writes whose participants are told of their end. */
  readonly endings = new Set<WriteFacts>();
  /** Writes that go on behind the caller: their end is unknown, or could not be logged. */
  readonly lateEndings = new Set<WriteFacts>();
  /** How long it has waited in all for log rows of releases. */
  loggingMs = 0;
  /** Its next hold is held back for up to so long. */
  lateHoldMs: number | undefined;
  /** Its next seed arrives so much later. */
  lateSeedMs: number | undefined;
  alive = true;
  pausedUntilMs = 0;
  /** For how long it has been stopped in all. */
  pausedMs = 0;
  /** Up to this instant all its loads fail. */
  failingUntilMs = 0;
  readonly #world: World;
  readonly #networks: ReadonlyMap<CacheNode, Network>;
  #commitLoss: { readonly how: LostCommit; readonly forMs: number } | undefined;

  constructor(world: World, slot: number, life: number, random: Random) {
    this.#world = world;
    this.slot = slot;
    this.name = `P${slot}${"'".repeat(life)}`;
    this.random = random;
    const { scheduler, settings, core } = world;
    this.settings = settings;
    this.#networks = new Map(world.nodes.map((node) => [node, new Network(scheduler)]));
    this.bus = settings.bus === "none" ? undefined : new SimBus(world, this);
    this.noWrite = newWriteFacts(this.name, this, undefined);
    this.clock = new ProcessClock(scheduler, this, random.between(-1, 1) * settings.clockSkewMs);
    this.cache = settings.leasing ? new LeasingSimCache(world, this) : new SimCache(world, this);
    this.transactions = new SimTransactions(world, this);
    this.sources = new Sources(world, this.transactions);
    const collection = new SimCollection(world, this, this.transactions);
    this.store = context.run(
      { process: this, operation: undefined, transaction: undefined },
      () =>
        new core.TieredStore<Value>({
          name: "s",
          cache: this.cache,
          // Only rows are written through it.
          persistence: collection as never,
          clock: this.clock,
          codec: { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) },
          observer: {
            active: world.tracing,
            emit: (event) => world.note(() => `${this.name} tells ${JSON.stringify(event)}`),
          },
          ttlMs: settings.ttlMs,
          absenceTtlMs: settings.absenceTtlMs,
          cacheTimeoutMs: settings.cacheTimeoutMs,
          loadTimeoutMs: settings.loadTimeoutMs,
          lease: { ttlMs: settings.leaseTtlMs, waitMs: settings.leaseWaitMs },
          hold: { ttlMs: settings.holdTtlMs },
          relay: { pollMs: settings.relayPollMs, maxBackoffMs: settings.relayMaxBackoffMs },
          whenCacheUnreachable: settings.whenCacheUnreachable,
          logInvalidations: settings.logInvalidations,
          clearable: settings.clearable,
          staleIfErrorMs: settings.staleIfErrorMs,
          softTimeoutMs: settings.softTimeoutMs,
          refreshBeforeMs: settings.refreshBeforeMs,
          nearCache:
            settings.nearTtlMs === undefined ? undefined : { ttlMs: settings.nearTtlMs, bus: this.bus },
        }),
    );
  }

  /** Its link to a node. */
  networkTo(node: CacheNode): Network {
    return this.#networks.get(node) as Network;
  }

  /** Up to when it is cut off from some node. */
  get partitionedUntilMs(): number {
    return Math.max(...[...this.#networks.values()].map(({ partitionedUntilMs }) => partitionedUntilMs));
  }

  /** Ends a load that has found its value all the same, where the plan says so. */
  failLoad(): void {
    const { scheduler, settings, healed } = this.#world;
    if (healed) return;
    if (scheduler.nowMs >= this.failingUntilMs && !this.random.chance(settings.failingLoads)) return;
    this.#world.trouble();
    throw new AsideError("DATABASE_FAILED", "simulated: the load failed");
  }

  /** The write whose release logs these keys: one that is ending and has no row for them yet. The oldest of several. */
  endingWith(cacheKeys: readonly string[]): WriteFacts | undefined {
    return [...this.endings, ...this.lateEndings].find((facts) => {
      const touched = touchedBy(facts);
      return cacheKeys.every((key) => touched.has(key) && !facts.logging.has(key));
    });
  }

  /** How long a message of this kind is under way. */
  latencyMs(kind?: Dawdler): number {
    const { usualMs, slowShare, slowMs, dawdling, dawdleMs, dawdlingSlot } = this.#world.settings;
    if (this.#world.healed) return this.random.next() * usualMs;
    let latencyMs: number;
    const dawdles =
      kind !== undefined && dawdling.includes(kind) && (dawdlingSlot ?? this.slot) === this.slot;
    if (dawdles && this.random.chance(0.7)) {
      latencyMs = this.random.next() * dawdleMs;
    } else if (this.random.chance(slowShare)) latencyMs = this.random.next() * slowMs;
    else return this.random.next() * usualMs;
    this.#world.disturb(latencyMs);
    return latencyMs;
  }

  loseCommit(how: LostCommit, forMs: number): void {
    this.#commitLoss = { how, forMs };
  }

  takeCommitLoss(): { readonly how: LostCommit; readonly forMs: number } | undefined {
    const loss = this.#commitLoss;
    this.#commitLoss = undefined;
    return loss;
  }

  /** Nothing that it waits for happens any more; what it sent may still be done. */
  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#world.note(() => `${this.name} CRASHES`);
    this.cache.abandon();
    for (const session of this.sessions) session.abandon();
  }
}
