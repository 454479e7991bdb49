import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { compare, ratioTo } from "./comparison.js";
import { atLeast, p99AtMost, p99Within } from "./goal.js";
import type { Measurement, Round } from "./round.js";

function measurement(operations: number, cpuUs = 0, latenciesMs: number[] = []): Measurement {
  return { operations, elapsedMs: 100, cpuUs, latenciesMs };
}

function roundsOf(...rounds: Record<string, Measurement>[]): Round[] {
  return rounds.map((round) => new Map(Object.entries(round)));
}

describe("compare", () => {
  it("pairs each round with the rival's of the same round, so that a slow spell of the machine changes no ratio", () => {
    const rounds = roundsOf(
      { rival: measurement(1_000), ours: measurement(2_000) },
      { rival: measurement(100), ours: measurement(200) },
      { rival: measurement(500), ours: measurement(1_500) },
    );
    assert.deepEqual(ratioTo(rounds, "ours", "rival"), { low: 2, median: 2, high: 2.5 });
  });

  it("tells operations a second and CPU time of one operation", () => {
    const rounds = roundsOf(
      { rival: measurement(10, 500) },
      { rival: measurement(20, 2_000) },
      { rival: measurement(30, 3_900) },
    );
    const [row] = compare(rounds, "rival");
    assert.deepEqual(row, {
      name: "rival",
      perSecond: 200,
      ratio: { low: 1, median: 1, high: 1 },
      cpuUs: 100,
    });
  });

  it("tells percentiles of the operations of all rounds, so that one bad round of many counts", () => {
    const good = {
      a: measurement(
        100,
        0,
        Array.from({ length: 100 }, () => 1),
      ),
    };
    const bad = {
      a: measurement(
        100,
        0,
        Array.from({ length: 100 }, () => 500),
      ),
    };
    const [row] = compare(roundsOf(good, good, bad, good, good, good, good, good), "a");
    assert.deepEqual([row?.p50Ms, row?.p99Ms], [1, 500]);
  });

  it("says which subject is missing", () => {
    assert.throws(() => ratioTo(roundsOf({ a: measurement(1) }), "b", "a"), /b was not measured/);
  });
});

describe("a goal", () => {
  const rounds = roundsOf(
    { rival: measurement(100, 0, [10, 10]), ours: measurement(490, 0, [11, 11]) },
    { rival: measurement(100, 0, [20, 20]), ours: measurement(500, 0, [22, 22]) },
    { rival: measurement(100, 0, [30, 30]), ours: measurement(510, 0, [33, 33]) },
  );

  it.each([
    { goal: atLeast("ours", 5, "rival"), reached: true, seen: "5.00x [4.95..5.05]" },
    { goal: atLeast("ours", 5.01, "rival"), reached: false, seen: "5.00x [4.95..5.05]" },
    { goal: p99Within("ours", 3, "rival"), reached: true, seen: "3.00 ms [1.50..2.50]" },
    { goal: p99Within("ours", 2, "rival"), reached: false, seen: "3.00 ms [1.50..2.50]" },
    { goal: p99AtMost("ours", 1.11, "rival"), reached: true, seen: "1.10x [1.10..1.10]" },
    { goal: p99AtMost("ours", 1, "rival"), reached: false, seen: "1.10x [1.10..1.10]" },
  ])("$goal.text: reached is $reached", ({ goal, reached, seen }) => {
    assert.deepEqual(goal.judge(rounds), { reached, seen });
  });
});
