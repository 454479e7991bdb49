import * as core from "@aside/core";
import { describe, expect, it } from "@jest/globals";
import { SimCache } from "../cache/sim-cache.js";
import { makePlan } from "../plan/make-plan.js";
import { runSchedule } from "../run/run-schedule.js";
import type { Core } from "../world/world.js";

/** The first stale read of the library on a cache that lacks a guard. */
async function firstFound(weaken: (cache: SimCache) => void, seeds: number): Promise<string | undefined> {
  class WeakenedStore extends core.TieredStore<never> {
    constructor(options: core.TieredStoreOptions<never>) {
      if (options.cache instanceof SimCache) weaken(options.cache);
      super(options);
    }
  }
  for (let seed = 1; seed <= seeds; seed += 1) {
    const weak = { TieredStore: WeakenedStore } as unknown as Core;
    const { violations } = await runSchedule(makePlan(seed), weak);
    const stale = violations.find((violation) => violation.endsWith("before the read began"));
    if (stale !== undefined) return stale;
  }
  return undefined;
}

describe("the simulation finds weaker cousins of the protocol", () => {
  it("fills that do not look at the token", async () => {
    const violation = await firstFound((cache) => {
      cache.compareAndSet = (key, bytes, ttlMs, _token, options) => cache.set(key, bytes, ttlMs, options);
    }, 300);
    expect(violation).toBeDefined();
  });

  it("holds that are claimed and not placed", async () => {
    const violation = await firstFound((cache) => {
      cache.set = async (key) => ({ connection: cache.connection(cache.partitionOf(key)), cas: -1 });
    }, 2_000);
    expect(violation).toBeDefined();
  });
});
