import assert from "node:assert/strict";
import { isAsideError } from "../../errors/aside-error.js";
import { expectCode } from "../expect-code.js";
import { closedGate } from "../gate.js";
import { settledWithin } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue } from "./rows.js";

/** Longer than a backend waits for what is under way. */
const closeMs = 10_000;

/** The end of a backend that has one: what is under way settles, later calls are refused. */
export function closeClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  const { openSecond } = harness;

  describe("close", () => {
    it("settles what is under way, a transaction by its commit; later calls reject with CLOSED", async () => {
      await using collection = await harness.open();
      const { persistence: rows, close } = collection;
      // A backend without an end has nothing to keep.
      if (close === undefined) return;
      await using second = await openSecond?.call(harness, collection);
      const within = closedGate();
      const finish = closedGate();
      const work = rows.transactions.run(async () => {
        await rows.write("a", 1);
        within.open();
        await finish.passed;
        await rows.write("b", 2);
      });
      await within.passed;
      const others = Promise.allSettled([
        ...Array.from({ length: 20 }, (_, n) => rows.write(`key-${n}`, n)),
        ...Array.from({ length: 20 }, (_, n) => rows.readMany([`key-${n}`])),
      ]);
      let closed = false;
      const closing = close.call(collection).then(() => {
        closed = true;
      });
      await expectCode(
        rows.transactions.outside(() => rows.transactions.run(async () => undefined)),
        "CLOSED",
      );
      assert.equal(closed, false, "close waits for the transaction");
      finish.open();
      await work;
      assert.equal((await settledWithin(harness, closing, closeMs)).status, "fulfilled");
      for (const outcome of await others) {
        if (outcome.status === "rejected")
          assert.ok(isAsideError(outcome.reason, "CLOSED"), String(outcome.reason));
      }
      const later = [
        () => rows.readMany(["a"]),
        () => rows.write("a", 2),
        () => rows.remove("a"),
        () => rows.touch("a", 4_102_444_800_000),
        () => rows.removeExpired(1),
        () => rows.transactions.run(async () => undefined),
      ];
      for (const call of later) await expectCode(call(), "CLOSED");
      await close.call(collection);
      if (second === undefined) return;
      await expectValue(second.persistence, "a", 1);
      await expectValue(second.persistence, "b", 2);
    });
  });
}
