import assert from "node:assert/strict";
import type {
  Transaction,
  TransactionParticipant,
  TransactionScope,
} from "../../backend/transaction-scope.js";
import { closedGate } from "../gate.js";
import { giveChance } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue } from "./rows.js";

/** Whoever has to act at the end of a transaction is called there, in order, and waited for. */
export function participantClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("participants", () => {
    it("there is one for each key and transaction", async () => {
      await using collection = await harness.open();
      const { transactions } = collection.persistence;
      const [key, otherKey] = [{}, {}];
      const made: TransactionParticipant[] = [];
      const create = () => {
        made.push(silent());
        return made.at(-1) as TransactionParticipant;
      };
      await transactions.run(async () => {
        const first = within(transactions).participant(key, create);
        assert.equal(first, made[0]);
        assert.equal(within(transactions).participant(key, create), first);
        await transactions.run(async () =>
          assert.equal(within(transactions).participant(key, create), first),
        );
        assert.notEqual(within(transactions).participant(otherKey, create), first);
      });
      assert.equal(made.length, 2);
      await transactions.run(async () => void within(transactions).participant(key, create));
      assert.equal(made.length, 3);
    });

    it("before the commit they run inside, in the order in which they were made, latecomers last", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const { transactions } = rows;
      const order: string[] = [];
      const acting = (name: string, act: () => Promise<void> = async () => undefined) => ({
        async beforeCommit() {
          assert.ok(transactions.current(), "beforeCommit runs inside the transaction");
          order.push(`${name} begins`);
          await new Promise(setImmediate);
          await act();
          order.push(`${name} ends`);
        },
        async afterEnd() {},
      });
      await transactions.run(async () => {
        const transaction = within(transactions);
        transaction.participant({}, () =>
          acting("first", async () => {
            within(transactions).participant({}, () => acting("late"));
            await rows.write("written before the commit", 1);
            await transactions.outside(() => expectValue(rows, "written before the commit", undefined));
          }),
        );
        transaction.participant({}, () => acting("second"));
        order.push("work ends");
      });
      assert.deepEqual(order, [
        "work ends",
        "first begins",
        "first ends",
        "second begins",
        "second ends",
        "late begins",
        "late ends",
      ]);
      await expectValue(rows, "written before the commit", 1);
    });

    it("one that rejects before the commit rolls everything back, and all are told", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = new Error("mine");
      const ends: string[] = [];
      const told = (name: string, beforeCommit: () => Promise<void> = async () => {}) => ({
        beforeCommit,
        afterEnd: async (end: { outcome: string }) => void ends.push(`${name} ${end.outcome}`),
      });
      const work = rows.transactions.run(async () => {
        await rows.write("a", 1);
        const transaction = within(rows.transactions);
        transaction.participant({}, () => told("first"));
        transaction.participant({}, () => told("second", () => Promise.reject(mine)));
        transaction.participant({}, () => told("third"));
      });
      await assert.rejects(work, (error) => error === mine);
      await expectValue(rows, "a", undefined);
      assert.deepEqual(ends.sort(), ["first rolled-back", "second rolled-back", "third rolled-back"]);
    });

    it("after the commit they run outside, see it, and run's caller waits for them", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const finish = closedGate();
      const ended = closedGate();
      const order: string[] = [];
      const work = rows.transactions
        .run(async () => {
          await rows.write("a", 1);
          within(rows.transactions).participant({}, () => ({
            async beforeCommit() {},
            async afterEnd(end) {
              assert.deepEqual(end, { outcome: "committed" });
              assert.equal(rows.transactions.current(), undefined);
              await expectValue(rows, "a", 1);
              await rows.write("written after the end", 1);
              ended.open();
              await finish.passed;
              order.push("afterEnd ends");
            },
          }));
        })
        .then(() => order.push("run resolves"));
      await Promise.race([ended.passed, work]);
      await giveChance(harness);
      assert.deepEqual(order, []);
      finish.open();
      await work;
      assert.deepEqual(order, ["afterEnd ends", "run resolves"]);
      await expectValue(rows, "written after the end", 1);
    });

    it("when the work rejects they are told after the rollback, are waited for, and never asked before a commit", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = new Error("mine");
      const seen: string[] = [];
      const work = rows.transactions.run(async () => {
        await rows.write("a", 1);
        within(rows.transactions).participant({}, () => ({
          beforeCommit: async () => void seen.push("beforeCommit"),
          async afterEnd(end) {
            await expectValue(rows, "a", undefined);
            assert.equal(rows.transactions.current(), undefined);
            seen.push(end.outcome);
          },
        }));
        throw mine;
      });
      await assert.rejects(work, (error) => error === mine);
      assert.deepEqual(seen, ["rolled-back"]);
    });

    it("a transaction that a joined run spoilt asks nobody before a commit", async () => {
      await using collection = await harness.open();
      const { transactions } = collection.persistence;
      const seen: string[] = [];
      const work = transactions.run(async () => {
        within(transactions).participant({}, () => ({
          beforeCommit: async () => void seen.push("beforeCommit"),
          afterEnd: async (end) => void seen.push(end.outcome),
        }));
        await transactions.run(() => Promise.reject(new Error("inner"))).catch(() => undefined);
      });
      await assert.rejects(work);
      assert.deepEqual(seen, ["rolled-back"]);
    });
  });
}

function within(scope: TransactionScope): Transaction {
  const transaction = scope.current();
  assert.ok(transaction, "there is a surrounding transaction");
  return transaction;
}

function silent(): TransactionParticipant {
  return { async beforeCommit() {}, async afterEnd() {} };
}
