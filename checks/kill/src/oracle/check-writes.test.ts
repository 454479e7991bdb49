import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { row, slot, ToldHistory } from "../../fixtures/told-history.js";
import type { Seen } from "../history/history-event.js";
import { checkWrites } from "./check-writes.js";
import { CommitOrder } from "./commit-order.js";
import type { Register } from "./register.js";

function check(
  register: Register,
  end: Omit<Seen, "register">,
  tell: (history: ToldHistory) => void,
): string[] {
  const told = new ToldHistory(register);
  tell(told);
  const history = told.build();
  const order = new CommitOrder(register.id, history);
  return checkWrites(register, history, order, { register: register.id, ...end }).map(({ what }) => what);
}

describe("the check of writes", () => {
  it("accepts acknowledged writes in a row, with one that died among them", () => {
    const found = check(row, { state: 3, by: "w3" }, (h) =>
      h.write("a", 1, [1, 2]).write("b", 2, [3, 4], { dies: true }).write("a", 3, [5, 6]),
    );
    assert.deepEqual(found, []);
  });

  it("accepts a last write that died, whether it was committed or not", () => {
    const died = (h: ToldHistory) => h.write("a", 1, [1, 2]).write("b", 2, [3, 4], { dies: true });
    assert.deepEqual(check(row, { state: 1, by: "w1" }, died), []);
    assert.deepEqual(check(row, { state: 2, by: "w2" }, died), []);
  });

  it("accepts rows to which nothing happened, and those that are gone", () => {
    assert.deepEqual(
      check(row, { state: 0, by: "start" }, () => undefined),
      [],
    );
    assert.deepEqual(
      check(slot, { state: "absent" }, () => undefined),
      [],
    );
    assert.deepEqual(
      check(slot, { state: "absent" }, (h) => h.write("a", 1, [1, 2], { absent: true })),
      [],
    );
  });

  it.each<[name: string, end: Omit<Seen, "register">, tell: (history: ToldHistory) => void, found: RegExp]>([
    [
      "an acknowledged write that is missing",
      { state: 0, by: "start" },
      (h) => h.write("a", 1, [1, 2]),
      /w1 is missing/,
    ],
    [
      "an acknowledged write over which another was made",
      { state: 1, by: "second" },
      (h) => h.write("a", 1, [1, 2], {}, "first").write("b", 1, [3, 4], {}, "second"),
      /state 1 of acknowledged write first was made again by second/,
    ],
    [
      "a write that was rolled back and yet committed",
      { state: 1, by: "w1" },
      (h) => h.write("a", 1, [1, 2], { outcome: "rolled-back" }),
      /w1 was rolled back, but state 1 was committed/,
    ],
    [
      "a write acknowledged before one began that it builds upon",
      { state: 2, by: "w2" },
      (h) => h.write("a", 2, [1, 2]).write("b", 1, [3, 4]),
      /w2 was acknowledged before one began/,
    ],
    ["a row that nobody wrote", { state: 4, by: "w4" }, () => undefined, /not of its last writer/],
    ["a row that vanished", { state: "absent" }, () => undefined, /nobody had removed it/],
  ])("finds %s", (_, end, tell, found) => {
    assert.match(check(row, end, tell).join("\n"), found);
  });
});
