import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

/** Versions, and writes that depend on them. */
export function rowVersionClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("versions", () => {
    it("the version of a write is the one that is read", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const inserted = written(await rows.write("a", 1));
      assert.equal((await readRow(rows, "a"))?.version, inserted);
      assert.equal((await readRow(rows, "a"))?.version, inserted);
      const updated = written(await rows.write("a", 2));
      assert.equal((await readRow(rows, "a"))?.version, updated);
    });

    it("no write repeats a version of the key, not even of the same value or after a delete", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const versions: string[] = [];
      for (let round = 0; round < 5; round += 1) {
        versions.push(written(await rows.write("a", "same")));
        versions.push(written(await rows.write("a", "same")));
        await rows.remove("a");
      }
      assert.equal(new Set(versions).size, versions.length);
    });

    it("a version that was rolled back is not handed out again for other data", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 0);
      let lost = "";
      const work = rows.transactions.run(async () => {
        lost = written(await rows.write("a", "never"));
        throw new Error("roll back");
      });
      await assert.rejects(work);
      assert.notEqual(written(await rows.write("a", 1)), lost);
    });

    it("a write that expects the standing version is done", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", 1));
      const next = written(await rows.write("a", 2, { expectedVersion: version }));
      assert.notEqual(next, version);
      await expectValue(rows, "a", 2);
    });

    it("a write that expects another version is not done, and told which one stands", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const old = written(await rows.write("a", 1));
      const standing = written(await rows.write("a", 2));
      assert.deepEqual(await rows.write("a", 3, { expectedVersion: old }), {
        written: false,
        reason: "version",
        version: standing,
      });
      await expectValue(rows, "a", 2);
      assert.equal((await readRow(rows, "a"))?.version, standing);
    });

    it("a write that expects a version where there is no row is not done", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const old = written(await rows.write("a", 1));
      await rows.remove("a");
      assert.deepEqual(await rows.write("a", 2, { expectedVersion: old }), {
        written: false,
        reason: "version",
        version: undefined,
      });
      await expectValue(rows, "a", undefined);
    });

    it("a write that expects no row is done where there is none, and only there", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const first = written(await rows.write("a", 1, { expectedVersion: null }));
      assert.deepEqual(await rows.write("a", 2, { expectedVersion: null }), {
        written: false,
        reason: "version",
        version: first,
      });
      await expectValue(rows, "a", 1);
    });

    it("of twenty inserts that expect no row one is done", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) => rows.write("a", { n }, { expectedVersion: null })),
      );
      const winner = results.findIndex((result) => result.written);
      assert.equal(results.filter((result) => result.written).length, 1);
      await expectValue(rows, "a", { n: winner });
    });

    it("of twenty writes that expect one version one is done", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", "start"));
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) => rows.write("a", { n }, { expectedVersion: version })),
      );
      assert.equal(results.filter((result) => result.written).length, 1);
      await expectValue(rows, "a", { n: results.findIndex((result) => result.written) });
    });

    it("a removal that expects the standing version removes", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const version = written(await rows.write("a", 1));
      assert.deepEqual(await rows.remove("a", { expectedVersion: version }), { removed: true });
      await expectValue(rows, "a", undefined);
    });

    it("a removal that expects another version leaves the row, and is told which one stands", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const old = written(await rows.write("a", 1));
      const standing = written(await rows.write("a", 2));
      assert.deepEqual(await rows.remove("a", { expectedVersion: old }), {
        removed: false,
        reason: "version",
        version: standing,
      });
      await expectValue(rows, "a", 2);
    });

    it("a removal that expects a version where there is no row removes nothing", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const old = written(await rows.write("a", 1));
      await rows.remove("a");
      assert.equal((await rows.remove("a", { expectedVersion: old })).removed, false);
    });

    it("a removal that expects no row removes nothing, and is told of a row that stands", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      assert.deepEqual(await rows.remove("a", { expectedVersion: null }), { removed: false });
      const standing = written(await rows.write("a", 1));
      assert.deepEqual(await rows.remove("a", { expectedVersion: null }), {
        removed: false,
        reason: "version",
        version: standing,
      });
      await expectValue(rows, "a", 1);
    });
  });
}
