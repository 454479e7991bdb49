import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { part, row, slot, ToldHistory } from "../../fixtures/told-history.js";
import type { Bounds } from "./bounds.js";
import type { Register } from "./register.js";
import { judgeRun } from "./verdict.js";

const bounds: Bounds = { holdTtlMs: 1_000, leaseTtlMs: 3_000, relayMs: 2_000, retryMs: 5_000 };

/** What became of each stale read: the names of the exclusions, or "unexplained". */
function explain(register: Register, tell: (history: ToldHistory) => void): string[] {
  const told = new ToldHistory(register);
  tell(told);
  const { unexplained, explained } = judgeRun({
    registers: [register],
    history: told.build(),
    rows: new Map(),
    bounds,
  });
  return [
    ...explained.map(({ exclusions }) => exclusions.map(({ name }) => name).join(", ")),
    ...unexplained.map((violation) => (violation.kind === "defect" ? violation.what : "unexplained")),
  ];
}

const logged = "logged invalidation not delivered yet";
const holdEnded = "hold ended inside the commit window";
const overlapping = "derived key with overlapping writes";

type Case = [name: string, tell: (history: ToldHistory) => void];

/** Write 1 places its hold at 10 ms, commits at 16 ms, as a read past the cache shows by 20 ms, and is acknowledged at 500 ms. */
const concurrent = (h: ToldHistory, story: Parameters<ToldHistory["write"]>[3] = {}) =>
  h
    .write("a", 1, [5, 500], { hold: [10, 10.5], committedMs: 16, ...story })
    .read("b", 1, [15, 20], "transaction");

describe("a stale read after a write whose hold was not confirmed", () => {
  const unconfirmed = (h: ToldHistory) => h.write("a", 1, [10, 20], { hold: "unconfirmed", release: "none" });

  it.each<Case>([
    ["soon after", (h) => unconfirmed(h).read("b", 0, [500, 501])],
    [
      "soon after the cache could be reached again",
      (h) => unconfirmed(h).fault("cache-stopped", 5, 6, 9_000).read("b", 0, [10_500, 10_501]),
    ],
    [
      "soon after the network was whole again",
      (h) => unconfirmed(h).fault("cache-cut", 5, 6, 9_000).read("b", 0, [10_500, 10_501]),
    ],
    [
      "though another node was killed",
      (h) => unconfirmed(h).fault("cache-killed", 30, 31, 90, "other").read("b", 0, [100, 101]),
    ],
    [
      "though a process cleaned another node",
      (h) =>
        unconfirmed(h)
          .step("c", "connect", undefined, "done", [30, 31])
          .told("c", "node-believed", 40, undefined, "other")
          .read("b", 0, [50, 51]),
    ],
    [
      "and a second such write",
      (h) =>
        unconfirmed(h)
          .write("a", 2, [30, 40], { hold: "unconfirmed", release: "none" })
          .read("b", 0, [50, 51]),
    ],
    [
      "though the reader cleaned the node before that",
      (h) =>
        unconfirmed(h)
          .step("b", "connect", undefined, "done", [1, 2])
          .told("b", "node-believed", 3)
          .read("b", 0, [50, 51]),
    ],
  ])("is excluded: %s", (_, tell) => {
    for (const exclusions of explain(row, tell))
      assert.match(exclusions, new RegExp(`^${logged}(, ${logged})?$`));
  });

  it.each<Case>([
    ["later than a relay may take", (h) => unconfirmed(h).read("b", 0, [2_100, 2_101])],
    [
      "later than that after the cache could be reached",
      (h) => unconfirmed(h).fault("cache-stopped", 5, 6, 100).read("b", 0, [2_200, 2_201]),
    ],
    [
      "later than a relay may take, and another node could not be reached",
      (h) =>
        unconfirmed(h)
          .fault("cache-stopped", 5, 6, 9_000, "other")
          .fault("cache-cut", 5, 6, 9_000, "other")
          .read("b", 0, [10_500, 10_501]),
    ],
    [
      "after the cache was killed and so emptied",
      (h) => unconfirmed(h).fault("cache-killed", 30, 31, 90).read("b", 0, [100, 101]),
    ],
    [
      "after a process cleaned the node",
      (h) =>
        unconfirmed(h)
          .step("c", "connect", undefined, "done", [30, 31])
          .told("c", "node-believed", 40)
          .read("b", 0, [50, 51]),
    ],
    [
      "after somebody found nothing there",
      (h) => unconfirmed(h).step("c", "look", "nothing", "done", [30, 31]).read("b", 0, [50, 51]),
    ],
    ["past the cache", (h) => unconfirmed(h).read("b", 0, [50, 51], "transaction")],
    [
      "after a second write that was confirmed",
      (h) => unconfirmed(h).write("a", 2, [30, 40]).read("b", 0, [50, 51]),
    ],
  ])("is not excluded: %s", (_, tell) => {
    assert.deepEqual(explain(row, tell), ["unexplained"]);
  });
});

describe("a stale read after a write whose hold was confirmed", () => {
  it.each<Case>([
    [
      "the cache was killed before the commit",
      (h) => concurrent(h).fault("cache-killed", 12, 14, 40).read("c", 0, [50, 51]),
    ],
    [
      "the writer stood still for longer than the hold lived",
      (h) =>
        h
          .beats("a", [0, 60])
          .write("a", 1, [5, 3_000], { hold: [10, 10.5], committedMs: 2_400 })
          .read("b", 1, [2_500, 2_600], "transaction")
          .read("c", 0, [2_700, 2_800]),
    ],
    [
      "the cache stood still for longer than the hold lived",
      (h) =>
        h
          .beats("a", [0, 3_000])
          .write("a", 1, [5, 3_000], { hold: [10, 10.5], committedMs: 2_400 })
          .fault("cache-stopped", 20, 21, 2_400)
          .read("b", 1, [2_500, 2_600], "transaction")
          .read("c", 0, [2_700, 2_800]),
    ],
    [
      "the cache was killed before the commit, and the writer soon after",
      (h) =>
        concurrent(h, { dies: true })
          .fault("cache-killed", 12, 14, 40)
          .fault("worker-killed", 25, 26, 26, "a")
          .read("c", 0, [60_000, 60_001]),
    ],
  ])("is excluded: %s", (_, tell) => {
    assert.deepEqual(explain(row, tell), [holdEnded]);
  });

  it("is excluded while the release, not confirmed either, is being delivered", () => {
    const lost = (h: ToldHistory) =>
      concurrent(h, { release: "unconfirmed" }).fault("cache-killed", 12, 14, 40);
    assert.deepEqual(
      explain(row, (h) => lost(h).read("c", 0, [600, 601])),
      [logged],
    );
    assert.deepEqual(
      explain(row, (h) => lost(h).read("c", 0, [2_600, 2_601])),
      ["unexplained"],
    );
  });

  it.each<Case>([
    ["nothing happened", (h) => h.write("a", 1, [1, 2]).read("b", 0, [3, 4])],
    ["nothing happened while it was concurrent", (h) => concurrent(h).read("c", 0, [50, 51])],
    [
      "another node was killed before the commit",
      (h) => concurrent(h).fault("cache-killed", 12, 14, 40, "other").read("c", 0, [50, 51]),
    ],
    [
      "the cache was killed before the hold",
      (h) => concurrent(h.fault("cache-killed", 2, 4, 8)).read("c", 0, [50, 51]),
    ],
    [
      "the cache was killed after the commit",
      (h) => concurrent(h).fault("cache-killed", 25, 26, 40).read("c", 0, [50, 51]),
    ],
    [
      "the cache was killed, but the write had been acknowledged",
      (h) => concurrent(h).fault("cache-killed", 12, 14, 40).read("c", 0, [600, 601]),
    ],
    [
      "the writer stood still for less than the hold lived",
      (h) =>
        h
          .beats("a", [0, 60])
          .write("a", 1, [5, 3_000], { hold: [10, 10.5], committedMs: 800 })
          .read("b", 1, [900, 950], "transaction")
          .read("c", 0, [960, 970]),
    ],
    [
      "the hold was renewed all the time",
      (h) =>
        h
          .beats("a", [0, 60])
          .write("a", 1, [5, 3_000], {
            hold: [10, 10.5],
            renewals: [340, 680, 1_020, 1_360, 1_700, 2_040, 2_380],
          })
          .read("b", 1, [2_500, 2_600], "transaction")
          .read("c", 0, [2_700, 2_800]),
    ],
    [
      "the writer died, and nothing else happened",
      (h) => concurrent(h, { dies: true }).fault("worker-killed", 25, 26, 26, "a").read("c", 0, [50, 51]),
    ],
    [
      "another process stood still, not the writer",
      (h) =>
        h
          .beats("a", [0, 3_000])
          .write("a", 1, [5, 3_000], { hold: [10, 10.5], committedMs: 2_400 })
          .read("b", 1, [2_500, 2_600], "transaction")
          .read("c", 0, [2_700, 2_800]),
    ],
    [
      "a later missed write was confirmed, too",
      (h) =>
        h
          .write("a", 1, [5, 500], { hold: [10, 10.5] })
          .fault("cache-killed", 12, 14, 40)
          .write("b", 2, [45, 600], { hold: [60, 61] })
          .read("b", 2, [65, 70], "transaction")
          .read("c", 0, [80, 81]),
    ],
  ])("is not excluded: %s", (_, tell) => {
    assert.deepEqual(explain(row, tell), ["unexplained"]);
  });
});

describe("a stale read after a removal of nothing", () => {
  /** Write 2 removes the value, its hold not confirmed; write 3 finds nothing to remove, and so holds nothing. */
  const twice = (h: ToldHistory, release: "deleted" | "unconfirmed") =>
    h
      .write("a", 1, [1, 2])
      .write("a", 2, [3, 4], { absent: true, hold: "unconfirmed", release: "none" })
      .write("b", 3, [5, 8], { absent: true, hold: "none", release });

  it("is excluded while its release is being delivered", () => {
    assert.deepEqual(
      explain(slot, (h) => twice(h, "unconfirmed").read("c", 1, [9, 10])),
      [`${logged}, ${logged}`],
    );
  });

  it("is excluded while it is concurrent", () => {
    assert.deepEqual(
      explain(slot, (h) => twice(h, "deleted").read("c", 1, [6, 7])),
      [logged],
    );
  });

  it("is not excluded once its release was confirmed", () => {
    assert.deepEqual(
      explain(slot, (h) => twice(h, "deleted").read("c", 1, [9, 10])),
      ["unexplained"],
    );
  });
});

describe("a stale read of a derived key", () => {
  /** Another write of the same value replaces the hold of write 1 and releases its own before write 1 commits. */
  const rival = (h: ToldHistory) =>
    h.write("c", 1, [3, 14], { hold: [11, 11.5], ofOtherPart: true }, "rival");

  it("is excluded when two writes overlapped", () => {
    assert.deepEqual(
      explain(part, (h) => concurrent(rival(h)).read("c", 0, [50, 51])),
      [overlapping],
    );
  });

  it("is not excluded for a row key, whose writers do not overlap", () => {
    assert.deepEqual(
      explain(row, (h) => concurrent(rival(h)).read("c", 0, [50, 51])),
      ["unexplained"],
    );
  });

  it("is not excluded when no other write overlapped", () => {
    assert.deepEqual(
      explain(part, (h) => concurrent(h).read("c", 0, [50, 51])),
      ["unexplained"],
    );
  });

  it.each<Case>([
    [
      "its hold was not confirmed, which no event tells",
      (h) =>
        h
          .write("a", 1, [5, 40], { hold: "none", release: "none" })
          .read("b", 1, [15, 20], "transaction")
          .read("c", 0, [50, 51]),
    ],
    [
      "writes overlapped, and its release was not confirmed, which no event tells",
      (h) =>
        rival(h)
          .write("a", 1, [5, 40], { hold: [10, 10.5], release: "none" })
          .read("b", 1, [15, 20], "transaction")
          .read("c", 0, [50, 51]),
    ],
  ])("is excluded while it is being delivered: %s", (_, tell) => {
    assert.deepEqual(explain(part, tell), [logged]);
    assert.deepEqual(
      explain(part, (h) => {
        tell(h);
        h.read("d", 0, [2_500, 2_501]);
      }),
      [logged, "unexplained"],
    );
  });

  it("is not excluded once the write was acknowledged", () => {
    const acknowledged = (h: ToldHistory) =>
      rival(h)
        .write("a", 1, [5, 40], { hold: [10, 10.5] })
        .read("c", 0, [50, 51]);
    assert.deepEqual(explain(part, acknowledged), ["unexplained"]);
  });
});
