import { describe, expect, it } from "@jest/globals";
import { type Actor, Scheduler } from "./scheduler.js";

function actor(): { -readonly [K in keyof Actor]: Actor[K] } {
  return { name: "P", alive: true, pausedUntilMs: 0 };
}

describe("Scheduler", () => {
  it("lets events happen in the order of their instants, and jumps in time", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    for (const [atMs, name] of [
      [7, "c"],
      [1, "a"],
      [7, "d"],
      [3, "b"],
    ] as const) {
      scheduler.at(atMs, undefined, () => seen.push(`${name}${scheduler.nowMs}`));
    }
    expect(await scheduler.run(100, () => false)).toBe(false);
    expect(seen).toEqual(["a1", "b3", "c7", "d7"]);
    expect(scheduler.nowMs).toBe(100);
  });

  it("runs microtasks and ticks to their end before the next event", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.at(1, undefined, () => {
      process.nextTick(() => void Promise.resolve().then(() => process.nextTick(() => seen.push("tick"))));
    });
    scheduler.at(1, undefined, () => seen.push("event"));
    await scheduler.run(2, () => false);
    expect(seen).toEqual(["tick", "event"]);
  });

  it("drops the events of the dead, and keeps those of the paused back", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    const dead = actor();
    const paused = actor();
    scheduler.at(5, dead, () => seen.push("dead"));
    scheduler.at(5, paused, () => seen.push(`paused ${scheduler.nowMs}`));
    scheduler.at(4, undefined, () => {
      dead.alive = false;
      paused.pausedUntilMs = 9;
    });
    scheduler.at(6, undefined, () => seen.push("other"));
    await scheduler.run(20, () => false);
    expect(seen).toEqual(["other", "paused 9"]);
  });

  it("forgets what was called off", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.at(1, undefined, () => seen.push("no")).cancel();
    await scheduler.run(2, () => false);
    expect(seen).toEqual([]);
    expect(scheduler.steps).toBe(0);
  });
});
