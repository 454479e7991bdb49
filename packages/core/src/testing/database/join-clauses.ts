import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue } from "./rows.js";

/** A run within a run belongs to the outer one. */
export function joinClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("joined runs", () => {
    it("a joined run is part of the surrounding transaction, and commits nothing by itself", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.transactions.run(async () => {
        const outer = rows.transactions.current();
        await rows.write("outer", 1);
        const result = await rows.transactions.run(async () => {
          assert.equal(rows.transactions.current(), outer);
          await expectValue(rows, "outer", 1);
          await rows.write("inner", 1);
          return "inner";
        });
        assert.equal(result, "inner");
        await rows.transactions.outside(() => expectValue(rows, "inner", undefined));
      });
      await expectValue(rows, "outer", 1);
      await expectValue(rows, "inner", 1);
    });

    it("a joined run that resolved is rolled back with the rest", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = new Error("mine");
      const work = rows.transactions.run(async () => {
        await rows.transactions.run(() => rows.write("inner", 1));
        throw mine;
      });
      await assert.rejects(work, (error) => error === mine);
      await expectValue(rows, "inner", undefined);
    });

    it("a joined run that rejects rolls back all, though the outer work catches its error", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = new Error("mine");
      const work = rows.transactions.run(async () => {
        await rows.write("outer", 1);
        const inner = rows.transactions.run(async () => {
          await rows.write("inner", 1);
          throw mine;
        });
        await assert.rejects(inner, (error) => error === mine);
        await rows.write("after", 1);
        return "caught";
      });
      await assert.rejects(work, (error) => error === mine, "run must not resolve as if it had committed");
      for (const key of ["outer", "inner", "after"]) await expectValue(rows, key, undefined);
    });

    it("an error of the outer work goes before that of a joined run", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = new Error("mine");
      const work = rows.transactions.run(async () => {
        await rows.transactions.run(() => Promise.reject(new Error("inner"))).catch(() => undefined);
        throw mine;
      });
      await assert.rejects(work, (error) => error === mine);
    });

    it("joined runs at the same time belong to the one transaction", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.transactions.run(async () => {
        await Promise.all(
          Array.from({ length: 10 }, (_, n) => rows.transactions.run(() => rows.write(`key-${n}`, n))),
        );
      });
      for (let n = 0; n < 10; n += 1) await expectValue(rows, `key-${n}`, n);
    });
  });
}
