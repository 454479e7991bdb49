import assert from "node:assert/strict";
import { closedGate } from "../gate.js";
import { giveChance } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, increment, readRow, written } from "./rows.js";

const workers: readonly number[] = Array.from({ length: 20 }, (_, index) => index);

/** One writer per row, from its statement to its end. */
export function rowLockClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("row locks", () => {
    for (const first of ["write", "read for update"] as const) {
      it(`a writer waits for the transaction whose ${first} came first`, async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        await rows.write("a", "start");
        const locked = closedGate();
        const finish = closedGate();
        const order: string[] = [];
        const holder = rows.transactions.run(async () => {
          if (first === "write") await rows.write("a", "first");
          else await rows.readMany(["a"], { forUpdate: true });
          locked.open();
          await finish.passed;
          if (first !== "write") await rows.write("a", "first");
          order.push("first ends");
        });
        await locked.passed;
        const waiter = rows.write("a", "second").then(() => order.push("second wrote"));
        await giveChance(harness);
        assert.deepEqual(order, []);
        finish.open();
        await Promise.all([holder, waiter]);
        assert.deepEqual(order, ["first ends", "second wrote"]);
        await expectValue(rows, "a", "second");
      });
    }

    it("a read outside does not wait for a writer", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", "start");
      await rows.transactions.run(async () => {
        await rows.write("a", "uncommitted");
        const seen = await rows.transactions.outside(() => readRow(rows, "a"));
        assert.equal(seen?.value, "start");
      });
    });

    it("a writer that waited for a rollback finds the row as it was", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", "start"));
      const locked = closedGate();
      const finish = closedGate();
      const holder = rows.transactions.run(async () => {
        await rows.write("a", "never");
        locked.open();
        await finish.passed;
        throw new Error("roll back");
      });
      await locked.passed;
      const waiter = rows.write("a", "second", { expectedVersion: version });
      finish.open();
      await assert.rejects(holder);
      assert.equal((await waiter).written, true);
      await expectValue(rows, "a", "second");
    });

    it("twenty read-modify-writes at once keep all twenty", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 0);
      await Promise.all(
        workers.map(() => rows.transactions.run(() => increment(rows, "a"), { repeatable: true })),
      );
      await expectValue(rows, "a", 20);
    });

    it("twenty guarded by the version they read keep all twenty, though there was no row at first", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const add = async (): Promise<void> => {
        for (let attempt = 1; ; attempt += 1) {
          assert.ok(attempt <= 1_000, "a write gets through at last");
          const row = await readRow(rows, "a");
          const next = row === undefined ? 1 : (row.value as number) + 1;
          const result = await rows.transactions.run(
            () => rows.write("a", next, { expectedVersion: row?.version ?? null }),
            { repeatable: true },
          );
          if (result.written) return;
        }
      };
      await Promise.all(workers.map(add));
      await expectValue(rows, "a", 20);
    });

    if (harness.openSecond !== undefined) {
      const openSecond = harness.openSecond.bind(harness);
      it("read-modify-writes of two clients keep all", async () => {
        await using first = await harness.open();
        await using second = await openSecond(first);
        await first.persistence.write("a", 0);
        await Promise.all(
          workers.map((n) => {
            const rows = (n % 2 ? first : second).persistence;
            return rows.transactions.run(() => increment(rows, "a"), { repeatable: true });
          }),
        );
        await expectValue(first.persistence, "a", 20);
      });
    }
  });
}
