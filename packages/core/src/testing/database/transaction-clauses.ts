import assert from "node:assert/strict";
import { isAsideError } from "../../errors/aside-error.js";
import { closedGate } from "../gate.js";
import { awaitWhilePassing, giveChance } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, increment, readRow } from "./rows.js";

/** One transaction by itself: all or nothing, seen by nobody before its end, ambient. */
export function transactionClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("transactions", () => {
    it("all of it is there once run resolved, and run resolves with what the work returned", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const result = await rows.transactions.run(async () => {
        await rows.write("a", 1);
        await rows.write("b", 2);
        return "done";
      });
      assert.equal(result, "done");
      await expectValue(rows, "a", 1);
      await expectValue(rows, "b", 2);
    });

    it("nothing of it is left when the work rejects", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("updated", "before");
      await rows.write("removed", "before");
      const before = await rows.readMany(["updated", "removed"]);
      const work = rows.transactions.run(async () => {
        await rows.write("inserted", 1);
        await rows.write("updated", "after");
        await rows.remove("removed");
        await rows.write("removed", "again");
        await rows.remove("updated");
        throw new Error("roll back");
      });
      await assert.rejects(work);
      assert.deepEqual(
        [...(await rows.readMany(["inserted", "updated", "removed"]))].sort(),
        [...before].sort(),
      );
    });

    it("what the work throws is thrown unchanged, be it an error or not", async () => {
      await using collection = await harness.open();
      const { transactions } = collection.persistence;
      for (const thrown of [new Error("mine"), Object.freeze({ mine: true }), "mine", undefined]) {
        const caught: unknown[] = [];
        await transactions.run(() => Promise.reject(thrown)).catch((error: unknown) => caught.push(error));
        assert.equal(caught.length, 1);
        assert.ok(Object.is(caught[0], thrown), "another error was thrown");
      }
    });

    it("work that throws before it returns a promise is rolled back like any other", async () => {
      await using collection = await harness.open();
      const { transactions } = collection.persistence;
      const mine = new Error("mine");
      const work = transactions.run(() => {
        throw mine;
      });
      await assert.rejects(work, (error) => error === mine);
      assert.equal(transactions.current(), undefined);
    });

    it("a scope goes on working after a rollback", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      for (let round = 0; round < 12; round += 1) {
        await assert.rejects(rows.transactions.run(() => Promise.reject(new Error("roll back"))));
      }
      await rows.transactions.run(() => rows.write("a", 1));
      await expectValue(rows, "a", 1);
    });

    it("reads inside see their own writes and removals", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("removed", 1);
      await rows.transactions.run(async () => {
        await rows.write("a", 1);
        await expectValue(rows, "a", 1);
        await rows.write("a", 2);
        await expectValue(rows, "a", 2);
        await rows.remove("removed");
        await expectValue(rows, "removed", undefined);
        assert.equal((await rows.readMany(["a", "removed"], { forUpdate: true })).size, 1);
      });
    });

    it("reads outside see nothing of it before the commit", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("updated", "before");
      await rows.write("removed", "before");
      const written = closedGate();
      const finish = closedGate();
      const work = rows.transactions.run(async () => {
        await rows.write("inserted", 1);
        await rows.write("updated", "after");
        await rows.remove("removed");
        written.open();
        await finish.passed;
      });
      await written.passed;
      await expectValue(rows, "inserted", undefined);
      await expectValue(rows, "updated", "before");
      await expectValue(rows, "removed", "before");
      finish.open();
      await work;
      await expectValue(rows, "inserted", 1);
      await expectValue(rows, "updated", "after");
      await expectValue(rows, "removed", undefined);
    });

    for (const forUpdate of [false, true]) {
      const kind = forUpdate ? "read for update" : "read";
      it(`a second ${kind} inside sees what others committed since the first`, async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        await rows.write("a", "before");
        let other: Promise<unknown> = Promise.resolve();
        await rows.transactions.run(async () => {
          await expectValue(rows, "a", "before");
          let committed = false;
          other = rows.transactions.outside(async () => {
            await rows.write("a", "after");
            committed = true;
          });
          // A database with one writer at a time keeps the other one waiting: then there is nothing newer to see.
          await Promise.race([other, giveChance(harness)]);
          if (!committed) return;
          const found = await rows.readMany(["a"], { forUpdate });
          assert.equal(found.get("a")?.value, "after");
        });
        await other;
      });
    }

    it("current is defined inside, the same object throughout, and undefined outside and afterwards", async () => {
      await using collection = await harness.open();
      const { transactions } = collection.persistence;
      assert.equal(transactions.current(), undefined);
      const finish = closedGate();
      let straggler: Promise<unknown> = Promise.resolve();
      await transactions.run(async () => {
        const transaction = transactions.current();
        assert.ok(transaction);
        await new Promise(setImmediate);
        assert.equal(transactions.current(), transaction);
        straggler = finish.passed.then(() => transactions.current());
      });
      assert.equal(transactions.current(), undefined);
      finish.open();
      assert.equal(await straggler, undefined, "work that outlives its transaction belongs to none");
    });

    it("transactions at the same time are apart from one another", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const seen = new Set<unknown>();
      await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          rows.transactions.run(async () => {
            seen.add(rows.transactions.current());
            await rows.write(`key-${n}`, n);
            if (n % 2) throw new Error("roll back");
          }),
        ),
      );
      assert.equal(seen.size, 20);
      for (let n = 0; n < 20; n += 1) await expectValue(rows, `key-${n}`, n % 2 ? undefined : n);
    });

    it("statements at the same time within one transaction all belong to it", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
      const work = rows.transactions.run(async () => {
        await Promise.all(keys.map((key) => rows.write(key, 1)));
        assert.equal((await rows.readMany(keys)).size, 20);
        throw new Error("roll back");
      });
      await assert.rejects(work, /roll back/);
      assert.equal((await rows.readMany(keys)).size, 0);
    });

    it("outside leaves the transaction for what it calls, awaits and starts", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      let stored: Promise<unknown> = Promise.resolve();
      const work = rows.transactions.run(async () => {
        await rows.write("inside", 1);
        assert.equal(
          rows.transactions.outside(() => 7),
          7,
        );
        await rows.transactions.outside(async () => {
          assert.equal(rows.transactions.current(), undefined);
          assert.equal(await readRow(rows, "inside"), undefined);
          assert.equal(rows.transactions.current(), undefined);
        });
        assert.ok(rows.transactions.current());
        // Not awaited here: a database with one writer at a time does it after this transaction.
        stored = rows.transactions.outside(() => rows.transactions.run(() => rows.write("outside", 1)));
        throw new Error("roll back");
      });
      await assert.rejects(work, /roll back/);
      await stored;
      await expectValue(rows, "inside", undefined);
      await expectValue(rows, "outside", 1);
    });

    it("two transactions that lock two rows crosswise both end, and none of their work is halved", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const results = await crosswise(harness, rows, false);
      let committed = 0;
      for (const result of results) {
        if (result.status === "fulfilled") committed += 1;
        else assert.ok(isAsideError(result.reason, "TRANSACTION_CONFLICT"), String(result.reason));
      }
      assert.ok(committed >= 1, "one of them gets through");
      await expectValue(rows, "a", committed);
      await expectValue(rows, "b", committed);
    });

    it("repeatable ones that lock crosswise both commit", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const results = await crosswise(harness, rows, true);
      assert.deepEqual(
        results.map((result) => result.status),
        ["fulfilled", "fulfilled"],
      );
      await expectValue(rows, "a", 2);
      await expectValue(rows, "b", 2);
    });
  });
}

/** Two transactions increment a and b in opposite orders, the first attempts of both with one row locked each, if the database lets them. */
async function crosswise(
  harness: DatabaseHarness,
  rows: Awaited<ReturnType<DatabaseHarness["open"]>>["persistence"],
  repeatable: boolean,
): Promise<PromiseSettledResult<void>[]> {
  await rows.write("a", 0);
  await rows.write("b", 0);
  const gates = [closedGate(), closedGate()] as const;
  const lockBoth = (mine: 0 | 1, keys: readonly [string, string]) =>
    rows.transactions.run(
      async () => {
        await increment(rows, keys[0]);
        gates[mine].open();
        await Promise.race([gates[mine === 0 ? 1 : 0].passed, giveChance(harness)]);
        await increment(rows, keys[1]);
      },
      { repeatable },
    );
  return awaitWhilePassing(harness, Promise.allSettled([lockBoth(0, ["a", "b"]), lockBoth(1, ["b", "a"])]));
}
