import { CacheNode } from "../cache/cache-node.js";
import { hex, isHold, isLease, isSeed, kindOf, textOf } from "../cache/entry-bytes.js";
import { SimDatabase } from "../database/sim-database.js";
import { History } from "../oracle/history.js";
import { Holds } from "../oracle/holds.js";
import { Lives } from "../oracle/lives.js";
import { Loads } from "../oracle/loads.js";
import { nodeIndexOf } from "../oracle/registers.js";
import type { WriteFacts } from "../oracle/write-facts.js";
import type { Plan, Point, Settings } from "../plan/plan.js";
import { Random } from "../plan/random.js";
import { Scheduler } from "./scheduler.js";
import { SimProcess } from "./sim-process.js";

/** The library under test: the real one, or a mutated copy. */
export type Core = Pick<typeof import("@aside/core"), "TieredStore">;

/** Told when a process reaches a point of the protocol. */
export type PointListener = (process: SimProcess, point: Point) => void;

/** Everything of one schedule. */
export class World {
  readonly scheduler = new Scheduler();
  readonly settings: Settings;
  readonly core: Core;
  readonly plan: Plan;
  readonly nodes: readonly CacheNode[];
  readonly database: SimDatabase;
  readonly history: History;
  readonly holds: Holds;
  readonly loads: Loads;
  readonly lives: Lives;
  readonly trace: string[] | undefined;
  /** The present life of each process. */
  readonly processes: SimProcess[] = [];
  connections = 0;
  /** Processes that will come back. */
  restarts = 0;
  /** All faults are over, and messages travel at their usual pace. */
  healed = false;
  /** Up to this instant something was not as it should be. */
  disturbedUntilMs = 0;
  /** Up to this instant a value may stand in for one whose load failed. */
  troubledUntilMs = 0;
  #acting: { readonly facts: WriteFacts; readonly step: number } | undefined;
  readonly #lives: number[] = [];
  readonly #seeds: string[] = [];
  readonly #listeners: PointListener[] = [];

  constructor(plan: Plan, core: Core, tracing: boolean) {
    this.plan = plan;
    this.settings = plan.settings;
    this.core = core;
    this.trace = tracing ? [] : undefined;
    this.history = new History(this);
    this.holds = new Holds(this);
    this.loads = new Loads(this);
    this.lives = new Lives(this);
    const random = new Random(plan.seed, plan.timing, 77);
    this.nodes = Array.from(
      { length: plan.settings.nodes },
      (_, index) => new CacheNode(`cache${index}`, this.scheduler, this.holds, random.between(0, 1_000)),
    );
    this.database = new SimDatabase(this);
  }

  get tracing(): boolean {
    return this.trace !== undefined;
  }

  start(slot: number): SimProcess {
    const life = this.#lives[slot] ?? 0;
    this.#lives[slot] = life + 1;
    const random = new Random(this.plan.seed, this.plan.timing, slot, life);
    const process = new SimProcess(this, slot, life, random);
    this.processes[slot] = process;
    this.note(() => `${process.name} starts`);
    return process;
  }

  nodeOf(cacheKey: string): CacheNode {
    return this.nodes[nodeIndexOf(cacheKey, this.nodes.length)] as CacheNode;
  }

  note(text: () => string): void {
    this.trace?.push(`${this.scheduler.nowMs.toFixed(1).padStart(8)}  ${text()}`);
  }

  disturb(forMs: number): void {
    this.disturbedUntilMs = Math.max(this.disturbedUntilMs, this.scheduler.nowMs + forMs);
  }

  /** A load has failed. Whoever served the ended value instead, or whoever took it from the cache, may do so for a second. */
  trouble(): void {
    this.troubledUntilMs = this.scheduler.nowMs + 1_000 + this.settings.clockSkewMs * 2 + 10;
  }

  listen(listener: PointListener): void {
    this.#listeners.push(listener);
  }

  reach(process: SimProcess, point: Point): void {
    for (const listener of this.#listeners) listener(process, point);
  }

  /**
   * The transaction whose answer from the database is being delivered: what its process sends in this step, it sends for it. (The library does much
   * of it outside the caller's asynchronous context.)
   */
  get acting(): WriteFacts | undefined {
    return this.#acting?.step === this.scheduler.steps ? this.#acting.facts : undefined;
  }

  acts(facts: WriteFacts): void {
    this.#acting = { facts, step: this.scheduler.steps };
  }

  /** An entry for people. */
  describe(bytes: Uint8Array): string {
    if (isSeed(bytes)) return `SEED ${this.#numberOf(hex(bytes))}`;
    if (isHold(bytes)) return `HOLD of ${this.holds.of(bytes)?.facts.name ?? "?"}`;
    if (isLease(bytes)) return "LEASE";
    return `${kindOf(bytes)} ${textOf(bytes) ?? ""}`;
  }

  /** Seeds are random, and a trace has to repeat itself. */
  #numberOf(seed: string): number {
    if (!this.#seeds.includes(seed)) this.#seeds.push(seed);
    return this.#seeds.indexOf(seed) + 1;
  }
}
