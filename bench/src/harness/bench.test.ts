import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { fakeSubject, ManualMeter } from "../../fixtures/manual-meter.js";
import { Bench } from "./bench.js";
import { atLeast } from "./goal.js";
import { runCase } from "./run-case.js";
import type { Subject } from "./subject.js";

function wrong(): never {
  throw new Error("wrong");
}

const pace = { rounds: 3, roundMs: 100, warmUpMs: 10 };

function benchOf(meter: ManualMeter, only?: string) {
  const printed: string[] = [];
  const bench = new Bench({ quick: false, only, pace, meter, print: (line) => printed.push(line) });
  return { bench, printed };
}

describe("Bench", () => {
  it("prints and keeps how a contender compares to the first one, and whether its goal was reached", async () => {
    const meter = new ManualMeter();
    const { bench, printed } = benchOf(meter);
    await bench.compare({
      name: "get",
      callers: 2,
      subjects: [fakeSubject("slow", meter, 2), fakeSubject("fast", meter, 0.5)],
      goals: [atLeast("fast", 4, "slow"), atLeast("fast", 5, "slow")],
    });
    assert.deepEqual(printed, [
      "",
      "get",
      "         op/s  ratio   [quartiles]  cpu us/op",
      "  slow    500   1.00  [1.00..1.00]      1,000",
      "  fast  2,000   4.00  [4.00..4.00]        250",
      "  goal reached: fast at least 4x slow; seen 4.00x [4.00..4.00]",
      "  goal NOT REACHED: fast at least 5x slow; seen 4.00x [4.00..4.00]",
    ]);
    assert.deepEqual(
      bench.results.map(({ name, goals }) => [name, goals.map(({ reached }) => reached)]),
      [["get", [true, false]]],
    );
  });

  it("tells how long single operations took where a case asks for it", async () => {
    const meter = new ManualMeter();
    const { bench } = benchOf(meter);
    const oneSlow = (index: number) => (index === 0 ? 50 : 1);
    const subjects = [fakeSubject("a", meter, oneSlow)];
    await bench.compare({ name: "get", callers: 1, subjects, latency: true });
    const [row] = bench.results[0]?.rows ?? [];
    assert.equal(row?.p50Ms, 1);
    assert.equal((row?.p99Ms ?? 0) > 20, true);
  });

  it("leaves out the cases that were not asked for", async () => {
    const meter = new ManualMeter();
    const { bench } = benchOf(meter, "SET 1 kb");
    const log: string[] = [];
    for (const name of ["get 1 KB, 1 caller", "set 1 KB, 1 caller"]) {
      await bench.compare({ name, callers: 1, subjects: [fakeSubject(name, meter, 1, log)] });
    }
    assert.deepEqual([...new Set(log)], ["set 1 KB, 1 caller"]);
    assert.deepEqual([bench.wants("get 1 KB"), bench.wants("set 1 KB")], [false, true]);
  });

  it.each([
    { seen: 0, reached: false },
    { seen: 1, reached: true },
    { seen: 2, reached: false },
  ])("judges a count of $seen where exactly 1 is the goal", ({ seen, reached }) => {
    const { bench } = benchOf(new ManualMeter());
    bench.count("loads", seen, { least: 1, most: 1 });
    assert.deepEqual(bench.results[0]?.goals, [{ text: "exactly 1", reached, seen: String(seen) }]);
  });

  it.each([
    { name: "flat", leak: 0, reached: true },
    { name: "leaking", leak: 200, reached: false },
  ])("watches the memory of a $name subject", async ({ leak, reached }) => {
    const meter = new ManualMeter();
    const { bench, printed } = benchOf(meter);
    const subject = fakeSubject("a", meter, () => {
      meter.heap += leak;
      return 1;
    });
    await bench.watchMemory(subject, 4, 11_000);
    const [result] = bench.results;
    assert.deepEqual(
      result?.memory?.map(({ operations }) => operations),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((thousand) => thousand * 1_000),
    );
    assert.equal(result?.goals[0]?.reached, reached);
    assert.match(printed.join("\n"), reached ? /goal reached/ : /NOT REACHED.*seen 2\.00 MB/);
  });
});

describe("runCase", () => {
  it("lets everyone begin a round once, after all are warm", async () => {
    const meter = new ManualMeter();
    const log: string[] = [];
    const subjects = ["a", "b", "c"].map((name) => fakeSubject(name, meter, 1, log));
    await runCase({ name: "x", callers: 1, subjects }, pace, meter);
    assert.deepEqual(log.join(""), "abc" + "abc" + "bca" + "cab");
  });

  it("keeps as many operations under way as there are callers, and one each at least", async () => {
    const meter = new ManualMeter();
    let underWay = 0;
    let most = 0;
    let all = 0;
    const subject: Subject = {
      name: "a",
      async operation() {
        all += 1;
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay -= 1;
        meter.nowAtMs += 1_000; // every round is over with the first answer
      },
      check() {},
    };
    await runCase({ name: "x", callers: 7, subjects: [subject] }, { ...pace, rounds: 1 }, meter);
    assert.deepEqual([most, all], [7, 14]);
  });

  it.each([
    {
      name: "an operation fails",
      change: { operation: () => Promise.reject(new Error("boom")) },
      message: 'b failed in "x": boom',
    },
    {
      name: "an answer is wrong",
      change: { check: () => wrong() },
      message: 'b failed in "x": wrong',
    },
    {
      name: "what the work left behind is wrong",
      change: { verify: () => Promise.reject(new Error("lost")) },
      message: 'b failed in "x": lost',
    },
  ])("says who and where when $name", async ({ change, message }) => {
    const meter = new ManualMeter();
    const bad = { ...fakeSubject("b", meter, 1), ...change };
    const running = runCase(
      { name: "x", callers: 2, subjects: [fakeSubject("a", meter, 1), bad] },
      pace,
      meter,
    );
    await assert.rejects(running, { message });
  });

  it("checks every answer while warming up, and every 64th while measured", async () => {
    const meter = new ManualMeter();
    const checked: number[] = [];
    const subject = {
      ...fakeSubject("a", meter, 1),
      check: (_: number, index: number) => checked.push(index),
    };
    const shortWarmUp = { rounds: 1, roundMs: 130, warmUpMs: 3 };
    await runCase({ name: "x", callers: 1, subjects: [subject] }, shortWarmUp, meter);
    assert.deepEqual(checked, [0, 1, 2, 0, 64, 128]);
  });

  it("finds a contender that goes wrong only while it is measured", async () => {
    const meter = new ManualMeter();
    let rounds = 0;
    const subject = fakeSubject("b", meter, 0.1);
    const late: Subject<number> = {
      ...subject,
      beforeRound: async () => void rounds++,
      operation: async (index) => (await subject.operation(index)) + (rounds > 2 ? 1 : 0),
    };
    await assert.rejects(runCase({ name: "x", callers: 1, subjects: [late] }, pace, meter), /gave 1$/);
    assert.equal(rounds, 3);
  });
});
