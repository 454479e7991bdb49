import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { InvalidationEntry, InvalidationLog } from "../../backend/invalidation-log.js";
import type { TransactionScope } from "../../backend/transaction-scope.js";
import { pass } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";

/** Ids and names of caches are random, since the log may be shared by all collections of the database. */
const freshId = () => randomBytes(16).toString("hex");
const freshCache = () => `contract-${freshId().slice(0, 12)}`;
const entry = (cache: string, key = `key-${freshId()}`): InvalidationEntry => ({ id: freshId(), cache, key });
const inOrder = (entries: readonly InvalidationEntry[]) =>
  [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

/** The invalidation log of the scope, where it is claimed; its absence otherwise. */
export function invalidationLogClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("invalidation log", () => {
    if (!harness.log) {
      it("there is none, as claimed", async () => {
        await using collection = await harness.open();
        assert.equal(collection.persistence.transactions.log, undefined);
      });
      return;
    }

    it("rows appended in a transaction commit with it", async () => {
      await using collection = await harness.open();
      const { scope, log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const entries = [entry(cache), entry(cache), entry(cache)];
      await scope.run(async () => {
        await log.append(entries);
        const seen = await scope.outside(() => log.read(cache, 10));
        assert.deepEqual(seen, [], "uncommitted rows are not read, nor waited for");
      });
      assert.deepEqual(await log.read(cache, 10), inOrder(entries));
    });

    it("rows appended in a transaction are rolled back with it", async () => {
      await using collection = await harness.open();
      const { scope, log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const work = scope.run(async () => {
        await log.append([entry(cache)]);
        throw new Error("roll back");
      });
      await assert.rejects(work, /roll back/);
      assert.deepEqual(await log.read(cache, 10), []);
    });

    it("rows appended before the commit by a participant commit with the rest", async () => {
      await using collection = await harness.open();
      const { scope, log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const mine = entry(cache);
      await scope.run(async () => {
        scope.current()?.participant({}, () => ({
          beforeCommit: () => log.append([mine]),
          async afterEnd() {
            assert.deepEqual(await log.read(cache, 10), [mine]);
          },
        }));
      });
      assert.deepEqual(await log.read(cache, 10), [mine]);
    });

    it("rows appended outside a transaction stand at once", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const mine = entry(cache);
      await log.append([mine]);
      assert.deepEqual(await log.read(cache, 10), [mine]);
    });

    it("rows appended outside a transaction that is under way stay when it is rolled back", async () => {
      await using collection = await harness.open();
      const { scope, log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const mine = entry(cache);
      let appended: Promise<void> = Promise.resolve();
      const work = scope.run(async () => {
        appended = scope.outside(() => log.append([mine]));
        throw new Error("roll back");
      });
      await assert.rejects(work, /roll back/);
      await appended;
      assert.deepEqual(await log.read(cache, 10), [mine]);
    });

    it("no rows and no ids do nothing", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      await log.append([]);
      await log.remove([]);
      assert.deepEqual(await log.read(cache, 10), []);
    });

    it("one key may be logged many times, and any key that a cache takes", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const printable = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => index + 0x21));
      const longest = printable.repeat(3).slice(0, 250);
      const entries = [
        entry(cache, "same"),
        entry(cache, "same"),
        entry(cache, "SAME"),
        entry(cache, longest),
      ];
      await log.append(entries);
      assert.deepEqual(await log.read(cache, 10), inOrder(entries));
    });

    it("a thousand rows are appended and removed in one call each", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const entries = Array.from({ length: 1_000 }, () => entry(cache));
      await log.append(entries);
      assert.deepEqual(await log.read(cache, 2_000), inOrder(entries));
      await log.remove(entries.map(({ id }) => id));
      assert.deepEqual(await log.read(cache, 2_000), []);
    });

    it("a cache reads its own rows only", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const caches = [cache, cache.toUpperCase(), `${cache}.`];
      for (const each of caches) await log.append([entry(each, `of ${each}`.replaceAll(" ", "-"))]);
      for (const each of caches) {
        assert.deepEqual(
          (await log.read(each, 10)).map((row) => row.cache),
          [each],
        );
      }
    });

    it("a scan in pieces goes by id and finds every row once", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const entries = Array.from({ length: 7 }, () => entry(cache));
      await log.append(entries);
      const found: InvalidationEntry[] = [];
      const sizes: number[] = [];
      for (let after: string | undefined; ; after = found.at(-1)?.id) {
        const piece = await (after === undefined ? log.read(cache, 3) : log.read(cache, 3, after));
        sizes.push(piece.length);
        assert.ok(sizes.length <= 10, "a scan comes to its end");
        if (piece.length === 0) break;
        found.push(...piece);
      }
      assert.deepEqual(sizes, [3, 3, 1, 0]);
      assert.deepEqual(found, inOrder(entries));
    });

    it("removing deletes exactly the rows named, and ids that are gone are no error", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      const [kept, removed] = [entry(cache, "same"), entry(cache, "same")];
      await log.append([kept, removed]);
      await log.remove([removed.id, freshId()]);
      await log.remove([removed.id]);
      assert.deepEqual(await log.read(cache, 10), [kept]);
    });

    it("the age of the oldest row grows, and there is none without rows", async () => {
      await using collection = await harness.open();
      const { log } = logOf(collection.persistence.transactions);
      const cache = freshCache();
      assert.equal(await log.oldestAgeMs(cache), undefined);
      const first = entry(cache);
      await log.append([first]);
      const youngMs = await log.oldestAgeMs(cache);
      assert.ok(youngMs !== undefined && youngMs >= 0 && youngMs < 60_000, `an age of ${youngMs} ms`);
      await pass(harness, 1_100);
      await log.append([entry(cache)]);
      const olderMs = await log.oldestAgeMs(cache);
      assert.ok(olderMs !== undefined && olderMs >= youngMs + 500, `grew from ${youngMs} to ${olderMs} ms`);
      await log.remove([first.id]);
      const youngestMs = await log.oldestAgeMs(cache);
      assert.ok(
        youngestMs !== undefined && youngestMs < olderMs,
        "the age is that of the rows that are left",
      );
    });
  });
}

function logOf(scope: TransactionScope): { readonly scope: TransactionScope; readonly log: InvalidationLog } {
  assert.ok(scope.log, "the harness claims a log");
  return { scope, log: scope.log };
}
