import { CacheNode } from "../cache/cache-node.js";
import { isHold, isLease, kindOf, textOf } from "../cache/entry-bytes.js";
import { SimDatabase } from "../database/sim-database.js";
import { History } from "../oracle/history.js";
import { Holds } from "../oracle/holds.js";
import { Loads } from "../oracle/loads.js";
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
  #acting: { readonly facts: WriteFacts; readonly step: number } | undefined;
  readonly #lives: number[] = [];
  readonly #listeners: PointListener[] = [];

  constructor(plan: Plan, core: Core, tracing: boolean) {
    this.plan = plan;
    this.settings = plan.settings;
    this.core = core;
    this.trace = tracing ? [] : undefined;
    this.history = new History(this);
    this.holds = new Holds(this);
    this.loads = new Loads(this);
    const random = new Random(plan.seed, plan.timing, 77);
    this.nodes = [new CacheNode("cache", this.scheduler, this.holds, random.between(0, 1_000))];
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

  nodeOf(_key: string): CacheNode {
    return this.nodes[0] as CacheNode;
  }

  note(text: () => string): void {
    this.trace?.push(`${this.scheduler.nowMs.toFixed(1).padStart(8)}  ${text()}`);
  }

  disturb(forMs: number): void {
    this.disturbedUntilMs = Math.max(this.disturbedUntilMs, this.scheduler.nowMs + forMs);
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
    if (isHold(bytes)) return `HOLD of ${this.holds.of(bytes)?.facts.name ?? "?"}`;
    if (isLease(bytes)) return "LEASE";
    return `${kindOf(bytes)} ${textOf(bytes) ?? ""}`;
  }
}
