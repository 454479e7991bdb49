import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { row, slot, ToldHistory } from "../../fixtures/told-history.js";
import { checkReads } from "./check-reads.js";
import { CommitOrder } from "./commit-order.js";
import type { Register } from "./register.js";

function check(register: Register, tell: (history: ToldHistory) => void): string[] {
  const told = new ToldHistory(register);
  tell(told);
  const history = told.build();
  return checkReads(register, history, new CommitOrder(register.id, history)).map((violation) =>
    violation.kind === "defect"
      ? `defect: ${violation.what.replace(/^.* returned /, "")}`
      : `${violation.read.process} saw ${violation.seen} after ${violation.bound.kind} ${violation.bound.state}`,
  );
}

describe("the check of reads", () => {
  it.each<[name: string, tell: (history: ToldHistory) => void]>([
    ["a read after a write returns it", (h) => h.write("a", 1, [1, 2]).read("b", 1, [3, 4])],
    ["a read that overlaps a write returns it", (h) => h.write("a", 1, [1, 5]).read("b", 1, [2, 3])],
    [
      "a read that overlaps a write does not return it yet",
      (h) => h.write("a", 1, [1, 5]).read("b", 0, [2, 6]),
    ],
    [
      "a read begins the instant a write is acknowledged",
      (h) => h.write("a", 1, [1, 5]).read("b", 0, [5, 6]),
    ],
    [
      "a read returns the state of a write whose process died",
      (h) => h.write("a", 1, [1, 2], { dies: true }).read("b", 1, [3, 4]),
    ],
    [
      "reads that overlap each other return new, then old",
      (h) => h.write("a", 1, [1, 9], { dies: true }).read("b", 1, [2, 5]).read("c", 0, [4, 6]),
    ],
    [
      "a write that was run again after a deadlock made the later state",
      (h) =>
        h
          .write("a", 1, [1, 9], { announcedMs: 2, outcome: "rolled-back" }, "again")
          .write("b", 1, [3, 4], { announcedMs: 3.1 })
          .read("c", 1, [5, 6]),
    ],
    [
      "a process that stood still announces what it lost long ago",
      (h) =>
        h
          .write("a", 1, [2, 3])
          .write("a", 2, [4, 5])
          .write("b", 1, [1, 9], { announcedMs: 8, dies: true }, "late")
          .read("c", 2, [10, 11]),
    ],
  ])("accepts: %s", (_, tell) => {
    assert.deepEqual(check(row, tell), []);
  });

  it.each<[name: string, tell: (history: ToldHistory) => void, found: string]>([
    [
      "a read older than an acknowledged write",
      (h) => h.write("a", 1, [1, 2]).read("b", 0, [3, 4]),
      "b saw 0 after acknowledged 1",
    ],
    [
      "a read that goes back behind an earlier read",
      (h) => h.write("a", 1, [1, 9], { dies: true }).read("b", 1, [2, 3]).read("c", 0, [4, 5]),
      "c saw 0 after read 1",
    ],
    [
      "a read straight from the database",
      (h) => h.write("a", 1, [1, 2]).read("b", 0, [3, 4], "transaction"),
      "b saw 0 after acknowledged 1",
    ],
    ["a state that nobody wrote", (h) => h.read("b", 7, [1, 2]), "defect: state 7, which nobody wrote"],
    [
      "a state before it was written",
      (h) => h.write("a", 1, [5, 6]).read("b", 1, [1, 2]),
      "defect: state 1 before write w1 had announced it",
    ],
    [
      "a state that was rolled back",
      (h) => h.write("a", 1, [1, 2], { outcome: "rolled-back" }).read("b", 1, [3, 4]),
      "defect: state 1 of write w1, which was rolled back",
    ],
    [
      "a state of a write that had to begin again",
      (h) =>
        h
          .write("a", 1, [1, 2], { dies: true }, "first")
          .write("b", 1, [3, 4], {}, "second")
          .read("c", 1, [5, 6], "cache", "first"),
      "defect: state 1 of write first, which write second found not committed",
    ],
    [
      "nothing where something always was",
      (h) => h.read("b", "absent", [1, 2]),
      "defect: found nothing, and nobody had removed it",
    ],
  ])("finds %s", (_, tell, found) => {
    assert.deepEqual(check(row, tell), [found]);
  });

  it("does not let a stale read excuse a later one", () => {
    const found = check(row, (h) => h.write("a", 1, [1, 2]).read("b", 0, [3, 4]).read("c", 0, [5, 6]));
    assert.deepEqual(found, ["b saw 0 after acknowledged 1", "c saw 0 after acknowledged 1"]);
  });

  describe("of a value that comes and goes", () => {
    const cycle = (h: ToldHistory) =>
      h.write("a", 1, [1, 2]).write("a", 2, [3, 4], { absent: true }).write("a", 3, [5, 6]);

    it("takes its absence for the removal that fits", () => {
      assert.deepEqual(
        check(slot, (h) =>
          cycle(h.read("b", "absent", [0.1, 0.2]))
            .read("b", "absent", [4.1, 4.2])
            .read("b", 3, [7, 8]),
        ),
        [],
      );
    });

    it("finds its absence after it was written again", () => {
      assert.deepEqual(
        check(slot, (h) => cycle(h).read("b", "absent", [7, 8])),
        ["b saw 2 after acknowledged 3"],
      );
    });

    it("finds its value after it was removed", () => {
      assert.deepEqual(
        check(slot, (h) => cycle(h).read("b", 1, [4.1, 4.2])),
        ["b saw 1 after acknowledged 2"],
      );
    });

    it("allows for a removal whose process died", () => {
      const uncertain = (h: ToldHistory) => cycle(h).write("b", 4, [7, 7.5], { absent: true, dies: true });
      assert.deepEqual(
        check(slot, (h) => uncertain(h).read("c", "absent", [8, 9])),
        [],
      );
      assert.deepEqual(
        check(slot, (h) => uncertain(h).read("c", 3, [8, 9])),
        [],
      );
    });

    it("does not hold an absence against later reads, since it may have been an older one", () => {
      // The read of b may be that of state 2, which the guarantee may excuse, or of state 4, which is not committed yet.
      const found = check(slot, (h) =>
        cycle(h)
          .read("b", "absent", [7.2, 7.4])
          .write("a", 4, [7, 10], { absent: true })
          .read("c", 3, [8, 9]),
      );
      assert.deepEqual(found, []);
    });

    it("does not take an absence for a removal that had not begun", () => {
      assert.deepEqual(
        check(slot, (h) =>
          h.write("a", 1, [1, 2]).read("b", "absent", [3, 4]).write("a", 2, [5, 6], { absent: true }),
        ),
        ["b saw 0 after acknowledged 1"],
      );
    });
  });
});
