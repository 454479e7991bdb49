import * as core from "@aside/core";
import { describe, expect, it } from "@jest/globals";
import { makePlan } from "../plan/make-plan.js";
import type { Operation, Plan } from "../plan/plan.js";
import { runSchedule } from "./run-schedule.js";

describe("a simulated schedule", () => {
  it("happens again, event for event, when its seed is run again", async () => {
    for (const seed of [3, 5, 9, 14]) {
      const first = await runSchedule(makePlan(seed), core, true);
      const second = await runSchedule(makePlan(seed), core, true);
      expect(first.trace.length).toBeGreaterThan(50);
      expect(second.trace).toEqual(first.trace);
    }
  });

  it("happens otherwise with another timing", async () => {
    const plan = makePlan(3);
    const first = await runSchedule(plan, core, true);
    const other = await runSchedule({ ...plan, timing: 1 }, core, true);
    expect(other.trace).not.toEqual(first.trace);
  });

  it("finds nothing wrong in the library, and does check it", async () => {
    let reads = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const outcome = await runSchedule(makePlan(seed), core);
      expect(outcome.violations).toEqual([]);
      reads += outcome.reads;
    }
    expect(reads).toBeGreaterThan(200);
  });

  it("ends well though a process crashes for good with its operations undone", async () => {
    const { settings } = makePlan(1);
    const operations: Operation[] = [
      { id: 0, process: 0, client: 0, thinkMs: 1, action: { kind: "set", key: "a" } },
      { id: 1, process: 0, client: 0, thinkMs: 1, action: { kind: "get", key: "a" } },
    ];
    const plan: Plan = {
      seed: 1,
      timing: 0,
      settings: { ...settings, processes: 1 },
      operations,
      faults: [
        {
          id: 0,
          when: { process: 0, point: "commit-applied", count: 1 },
          kind: "crash",
          process: 0,
          forMs: -1,
        },
      ],
    };
    const { violations, trace } = await runSchedule(plan, core, true);
    expect(violations).toEqual([]);
    expect(trace.some((line) => line.includes("P0 CRASHES"))).toBe(true);
    expect(trace.some((line) => line.includes('"value"') || line.includes("w0.1"))).toBe(true);
  });
});
