import type { Plan } from "@aside/check-simulation/plan/plan.js";
import { settled } from "@aside/check-simulation/world/scheduler.js";
import type { SimProcess } from "@aside/check-simulation/world/sim-process.js";
import { type Core, World } from "@aside/check-simulation/world/world.js";

/** Far longer than a request and its answer are under way, far shorter than a lock is waited for. */
const settlingMs = 30;

/** Stands where the library would be: nobody but the steps uses the backends. */
const noLibrary = { TieredStore: class {} } as unknown as Core;

/** The simulated cache and database with two processes, and nothing else: no faults, messages that take a moment. */
export class SimulatedWorld {
  readonly world: World;
  readonly processes: readonly [SimProcess, SimProcess];

  constructor(seed: number) {
    const settings: Plan["settings"] = {
      processes: 2,
      nodes: 1,
      leasing: false,
      tagged: false,
      clearable: false,
      staleIfErrorMs: 0,
      softTimeoutMs: undefined,
      refreshBeforeMs: 0,
      failingLoads: 0,
      touchLeadMs: 0,
      nearTtlMs: undefined,
      bus: "none",
      cacheTimeoutMs: 250,
      leaseTtlMs: 5_000,
      leaseWaitMs: 0,
      holdTtlMs: 10_000,
      ttlMs: 60_000,
      absenceTtlMs: 60_000,
      relayPollMs: 60_000,
      relayMaxBackoffMs: 60_000,
      loadTimeoutMs: 5_000,
      whenCacheUnreachable: "log",
      logInvalidations: "derived",
      usualMs: 1,
      slowShare: 0,
      slowMs: 0,
      dawdling: [],
      dawdlingSlot: undefined,
      dawdleMs: 0,
      clockSkewMs: 0,
    };
    this.world = new World({ seed, timing: 0, settings, operations: [], faults: [] }, noLibrary, false);
    this.processes = [this.world.start(0), this.world.start(1)];
  }

  /** Lets everything happen that does not wait for somebody else. */
  async settle(): Promise<void> {
    await this.pass(settlingMs);
  }

  async pass(ms: number): Promise<void> {
    const { scheduler } = this.world;
    // What was called just now may not have sent anything yet.
    await settled();
    await scheduler.run(scheduler.nowMs + ms, () => false);
  }
}
