import { setTimeout as sleep } from "node:timers/promises";
import type { TcpProxy } from "@aside/test-servers";
import type { Fault } from "../history/history-event.js";
import type { Random } from "../plan/random.js";
import type { CacheNode } from "./cache-node.js";
import type { Cluster } from "./cluster.js";

type Span = readonly [leastMs: number, mostMs: number];

/** At least this many workers are left alone at any time. */
const untouchedWorkers = 2;
/** Pauses between two faults of one kind of process. */
const workerPause: Span = [400, 1_600];
const cachePause: Span = [600, 2_400];
const databasePause: Span = [4_000, 9_000];

/** How long a worker stands still: mostly briefly, at times longer than its holds and leases live (1 to 2 s). */
const workerStops: readonly (readonly [weight: number, Span])[] = [
  [45, [30, 300]],
  [30, [300, 1_500]],
  [25, [2_100, 4_000]],
];
const cacheStops: readonly (readonly [weight: number, Span])[] = [
  [50, [20, 240]],
  [35, [300, 1_500]],
  [15, [2_100, 3_200]],
];
const databaseStop: Span = [50, 600];

const cacheCuts = cacheStops;

/** Kills and stops workers and servers at random, each kind in a loop of its own, so that faults overlap. */
export class FaultLoops {
  readonly faults: Fault[] = [];
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #lasting: number;
  readonly #ending = new AbortController();
  /** Slots of workers that a fault has hold of. */
  readonly #taken = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  #loops: Promise<unknown> = Promise.resolve();

  /** @param lasting - how many workers, from the first slot on, are stopped at times, but never killed. */
  constructor(cluster: Cluster, random: Random, lasting: number) {
    this.#cluster = cluster;
    this.#random = random;
    this.#lasting = lasting;
  }

  start(): void {
    const { nodes } = this.#cluster;
    // The more nodes, the longer each is left alone: the cache as a whole serves as much as with one.
    const pauseOfNode: Span = [cachePause[0] * nodes.length, cachePause[1] * nodes.length];
    this.#loops = Promise.all([
      this.#loop(workerPause, async () => this.#track(this.#worker())),
      ...nodes.map((node) => this.#loop(pauseOfNode, () => this.#cache(node))),
      this.#loop(databasePause, () => this.#database()),
    ]);
  }

  /** Begins no more faults, and resolves when all are over: every process runs again. Rejects when one could not be brought back. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#loops;
    await Promise.all(this.#running);
  }

  async #loop(pause: Span, fault: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#wait(this.#random.between(...pause));
      if (this.#ending.signal.aborted) return;
      await fault();
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    tracked.catch((error: unknown) => this.#cluster.defects.push(`a fault went wrong: ${String(error)}`));
  }

  async #worker(): Promise<void> {
    const free = this.#cluster.workers.map((_, slot) => slot).filter((slot) => !this.#taken.has(slot));
    if (free.length <= untouchedWorkers) return;
    const slot = this.#random.pick(free);
    this.#taken.add(slot);
    try {
      const kills = slot >= this.#lasting ? 1 : 0;
      const fault = this.#random.weighted([
        [45 * kills, () => this.#killWorker(slot)],
        [45, () => this.#stopWorker(slot, false)],
        [10 * kills, () => this.#stopWorker(slot, true)],
      ]);
      await fault();
    } finally {
      this.#taken.delete(slot);
    }
  }

  async #killWorker(slot: number): Promise<void> {
    const worker = this.#cluster.workers[slot];
    if (worker === undefined) return;
    const beginMs = this.#cluster.clock.begin();
    await worker.kill();
    const effectMs = this.#cluster.clock.end();
    this.faults.push({ kind: "worker-killed", target: worker.name, beginMs, effectMs, endMs: effectMs });
    if (this.#random.next() < 0.5) await this.#wait(this.#random.between(0, 600));
    await this.#cluster.startWorker(slot);
  }

  async #stopWorker(slot: number, thenKill: boolean): Promise<void> {
    const worker = this.#cluster.workers[slot];
    if (worker === undefined) return;
    const beginMs = this.#cluster.clock.begin();
    worker.signal("SIGSTOP");
    const effectMs = this.#cluster.clock.end();
    await this.#wait(this.#random.between(...this.#random.weighted(workerStops)));
    if (thenKill) await this.#killWorker(slot);
    else worker.signal("SIGCONT");
    const endMs = this.#cluster.clock.end();
    this.faults.push({ kind: "worker-stopped", target: worker.name, beginMs, effectMs, endMs });
  }

  async #cache(node: CacheNode): Promise<void> {
    const { proxy } = node;
    const fault = this.#random.weighted([
      [50, () => this.#killCache(node)],
      [50, () => this.#stopCache(node)],
      [proxy === undefined ? 0 : 50, () => this.#cutCache(node, proxy as TcpProxy)],
    ]);
    await fault();
  }

  async #killCache({ server, address }: CacheNode): Promise<void> {
    const { clock } = this.#cluster;
    const beginMs = clock.begin();
    await server.kill();
    const effectMs = clock.end();
    if (this.#random.next() < 0.5) await this.#wait(this.#random.between(50, 1_500));
    await server.restart();
    this.faults.push({ kind: "cache-killed", target: address, beginMs, effectMs, endMs: clock.end() });
  }

  async #stopCache({ server, address }: CacheNode): Promise<void> {
    const { clock } = this.#cluster;
    const beginMs = clock.begin();
    await server.pause();
    const effectMs = clock.end();
    await this.#wait(this.#random.between(...this.#random.weighted(cacheStops)));
    server.resume();
    this.faults.push({ kind: "cache-stopped", target: address, beginMs, effectMs, endMs: clock.end() });
  }

  /** Connections break and are made again, or are refused for a while, or nothing arrives, and then late. */
  async #cutCache({ address }: CacheNode, proxy: TcpProxy): Promise<void> {
    const { clock } = this.#cluster;
    const beginMs = clock.begin();
    const cut = this.#random.weighted<() => Promise<void> | void>([
      [20, () => proxy.dropConnections("reset")],
      [20, () => proxy.cutAfterBytes(Math.ceil(this.#random.between(0, 2_000)), "replies")],
      [30, () => proxy.cut()],
      [30, () => proxy.blackHole()],
    ]);
    await cut();
    const effectMs = clock.end();
    await this.#wait(this.#random.between(...this.#random.weighted(cacheCuts)));
    await proxy.resume();
    this.faults.push({ kind: "cache-cut", target: address, beginMs, effectMs, endMs: clock.end() });
  }

  async #database(): Promise<void> {
    const { clock, database } = this.#cluster;
    const beginMs = clock.begin();
    if (this.#random.next() < 0.3) {
      await database.kill();
      const effectMs = clock.end();
      await database.restart();
      this.faults.push({ kind: "database-killed", target: "", beginMs, effectMs, endMs: clock.end() });
      return;
    }
    await database.pause();
    const effectMs = clock.end();
    await this.#wait(this.#random.between(...databaseStop));
    database.resume();
    this.faults.push({ kind: "database-stopped", target: "", beginMs, effectMs, endMs: clock.end() });
  }

  /** Sleeps, but not when the run is ending: then what was stopped goes on at once. */
  async #wait(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}
