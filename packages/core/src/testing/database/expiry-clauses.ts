import assert from "node:assert/strict";
import { nowMs, pass } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

/** Far enough not to be reached during a test. */
const laterMs = 3_600_000;
/** Ends soon, but not before the next statement of the test. */
const soonMs = 400;

/** A row past its end is absent for every member, though it may still lie in the table. */
export function rowExpiryClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  const now = () => Math.floor(nowMs(harness));

  describe("expiry", () => {
    it("the end of a row is read as it was written, to the millisecond", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = now() + laterMs + 7;
      await rows.write("a", 1, { expiresAtMs: endMs });
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, endMs);
    });

    it("a row without an end has none, also after one with an end", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 1);
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, undefined);
      await rows.write("a", 2, { expiresAtMs: now() + soonMs });
      await rows.write("a", 3);
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, undefined);
      await pass(harness, soonMs + 100);
      await expectValue(rows, "a", 3);
    });

    it("a row is there until its end, and absent from then on", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 1, { expiresAtMs: now() + laterMs });
      await rows.write("b", 1, { expiresAtMs: now() + soonMs });
      await pass(harness, soonMs + 100);
      await expectValue(rows, "a", 1);
      await expectValue(rows, "b", undefined);
    });

    it("a row that ended cannot be touched, removed or replaced by its version", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", 1, { expiresAtMs: now() - 1_000 }));
      assert.equal(await rows.touch("a", now() + laterMs), false);
      await expectValue(rows, "a", undefined);
      assert.deepEqual(await rows.write("a", 2, { expectedVersion: version }), {
        written: false,
        reason: "version",
        version: undefined,
      });
      assert.equal((await rows.remove("a", { expectedVersion: version })).removed, false);
      assert.deepEqual(await rows.remove("a"), { removed: false });
      await expectValue(rows, "a", undefined);
    });

    it("a write revives a row that ended, also one that expects no row, under a new version", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const versions = new Set<string>();
      for (const options of [{}, { expectedVersion: null }]) {
        versions.add(written(await rows.write("a", "old", { expiresAtMs: now() - 1_000 })));
        versions.add(written(await rows.write("a", "new", options)));
        await expectValue(rows, "a", "new");
      }
      assert.equal(versions.size, 4);
    });

    it("a write that keeps the end leaves it where it was moved last", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = now() + laterMs;
      for (const round of [0, 1]) {
        const version = written(await rows.write("a", "old", { expiresAtMs: endMs }));
        assert.equal(await rows.touch("a", endMs + laterMs), true);
        const options = round === 0 ? {} : { expectedVersion: version };
        const next = written(await rows.write("a", "new", { ...options, expiresAtMs: "keep" }));
        const row = { value: "new", version: next, expiresAtMs: endMs + laterMs };
        assert.deepEqual(await readRow(rows, "a"), row);
      }
    });

    it("a write that keeps the end of a row that never ends never ends", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", 1));
      const second = written(await rows.write("a", 2, { expiresAtMs: "keep", expectedVersion: version }));
      assert.deepEqual(await readRow(rows, "a"), { value: 2, version: second });
      const third = written(await rows.write("a", 3, { expiresAtMs: "keep" }));
      assert.deepEqual(await readRow(rows, "a"), { value: 3, version: third });
    });

    it("a write that is to keep the end of no row, or of one that ended or was removed, never ends", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      for (const options of [{}, { expectedVersion: null }]) {
        await rows.remove("a");
        const first = written(await rows.write("a", 1, { ...options, expiresAtMs: "keep" }));
        assert.deepEqual(await readRow(rows, "a"), { value: 1, version: first });
        await rows.write("a", 2, { expiresAtMs: now() - 1_000 });
        const third = written(await rows.write("a", 3, { ...options, expiresAtMs: "keep" }));
        assert.deepEqual(await readRow(rows, "a"), { value: 3, version: third });
        await rows.write("a", 4, { expiresAtMs: now() + laterMs });
        await rows.remove("a");
        const fifth = written(await rows.write("a", 5, { ...options, expiresAtMs: "keep" }));
        assert.deepEqual(await readRow(rows, "a"), { value: 5, version: fifth });
      }
    });

    it("touch moves the end, and neither the value nor the version", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", { v: 1 }, { expiresAtMs: now() + laterMs }));
      for (const endMs of [now() + 2 * laterMs, now() + laterMs / 2]) {
        assert.equal(await rows.touch("a", endMs), true);
        assert.deepEqual(await readRow(rows, "a"), { value: { v: 1 }, version, expiresAtMs: endMs });
      }
    });

    it("touch to the same end finds the row", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = now() + laterMs;
      await rows.write("a", 1, { expiresAtMs: endMs });
      // MySQL counts changed rows, not found ones, unless told otherwise.
      assert.equal(await rows.touch("a", endMs), true);
      assert.equal(await rows.touch("a", endMs), true);
    });

    it("touch gives an end to a row that had none, and finds no row that is not there", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = now() + laterMs;
      await rows.write("a", 1);
      assert.equal(await rows.touch("a", endMs), true);
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, endMs);
      assert.equal(await rows.touch("b", endMs), false);
      await expectValue(rows, "b", undefined);
    });

    it("touch belongs to its transaction", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = now() + laterMs;
      await rows.write("a", 1, { expiresAtMs: endMs });
      const work = rows.transactions.run(async () => {
        assert.equal(await rows.touch("a", endMs + laterMs), true);
        throw new Error("roll back");
      });
      await assert.rejects(work);
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, endMs);
    });

    it("removeExpired removes what has ended, at most as many as told, and nothing else", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      for (let n = 0; n < 5; n += 1) await rows.write(`ended-${n}`, n, { expiresAtMs: now() - 1_000 - n });
      await rows.write("ends later", 1, { expiresAtMs: now() + laterMs });
      await rows.write("ends never", 2);
      const removed = [];
      for (let round = 0; round < 4; round += 1) removed.push(await rows.removeExpired(2));
      assert.deepEqual(removed, [2, 2, 1, 0]);
      await expectValue(rows, "ends later", 1);
      await expectValue(rows, "ends never", 2);
    });

    it("sweeps at the same time remove each row once", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      for (let n = 0; n < 10; n += 1) await rows.write(`ended-${n}`, n, { expiresAtMs: now() - 1_000 });
      const counts = await Promise.all([
        rows.removeExpired(10),
        rows.removeExpired(10),
        rows.removeExpired(10),
      ]);
      const rest = await rows.removeExpired(10);
      assert.equal(
        counts.reduce((sum, count) => sum + count, rest),
        10,
      );
    });
  });
}
