import assert from "node:assert/strict";
import { expectCode } from "../expect-code.js";
import { nowMs } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

/** Fencing tokens: checked where that is claimed, refused otherwise, ignored nowhere. */
export function rowFencingClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("fencing", () => {
    if (!harness.fencing) {
      it("a write or removal that asks for fencing is refused, since nobody would check it", async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        await expectCode(rows.write("a", 1, { fencingToken: 1n }), "UNSUPPORTED");
        await expectCode(rows.remove("a", { fencingToken: 1n }), "UNSUPPORTED");
        await expectValue(rows, "a", undefined);
      });
      return;
    }

    it("equal and greater tokens write, smaller ones do not", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      written(await rows.write("a", 1, { fencingToken: 9n }));
      written(await rows.write("a", 2, { fencingToken: 9n }));
      const standing = written(await rows.write("a", 3, { fencingToken: 10n }));
      assert.deepEqual(await rows.write("a", 4, { fencingToken: 9n }), {
        written: false,
        reason: "fenced",
        version: standing,
      });
      assert.deepEqual(await rows.remove("a", { fencingToken: 9n }), {
        removed: false,
        reason: "fenced",
        version: standing,
      });
      await expectValue(rows, "a", 3);
      assert.deepEqual(await rows.remove("a", { fencingToken: 10n }), { removed: true });
    });

    it("a write without a token does not lower the bar", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 1, { fencingToken: 5n });
      written(await rows.write("a", 2));
      assert.equal((await rows.write("a", 3, { fencingToken: 4n })).written, false);
      written(await rows.write("a", 4, { fencingToken: 5n }));
    });

    it("tokens beyond 53 bits are told apart", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const token = 9_007_199_254_740_993n;
      await rows.write("a", 1, { fencingToken: token });
      assert.equal((await rows.write("a", 2, { fencingToken: token - 1n })).written, false);
      written(await rows.write("a", 3, { fencingToken: token }));
    });

    it("tokens and versions are both checked", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const old = written(await rows.write("a", 1, { fencingToken: 1n }));
      const version = written(await rows.write("a", 2, { fencingToken: 2n }));
      assert.equal((await rows.write("a", 3, { fencingToken: 2n, expectedVersion: old })).written, false);
      assert.equal((await rows.write("a", 3, { fencingToken: 1n, expectedVersion: version })).written, false);
      assert.equal((await readRow(rows, "a"))?.version, version);
      written(await rows.write("a", 3, { fencingToken: 2n, expectedVersion: version }));
    });

    it("a write with a token can keep the end, and one that is fenced off leaves it", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const endMs = Math.floor(nowMs(harness)) + 3_600_000;
      await rows.write("a", 1, { expiresAtMs: endMs });
      const put = written(await rows.write("a", 2, { fencingToken: 5n, expiresAtMs: "keep" }));
      assert.equal((await readRow(rows, "a"))?.expiresAtMs, endMs);
      const options = { fencingToken: 5n, expiresAtMs: "keep", expectedVersion: put } as const;
      const version = written(await rows.write("a", 3, options));
      assert.equal((await rows.write("a", 4, { fencingToken: 4n, expiresAtMs: "keep" })).written, false);
      assert.deepEqual(await readRow(rows, "a"), { value: 3, version, expiresAtMs: endMs });
      // A removal may leave the token behind, in a row of its own that ends.
      await rows.remove("a");
      const next = written(await rows.write("a", 5, { fencingToken: 6n, expiresAtMs: "keep" }));
      assert.deepEqual(await readRow(rows, "a"), { value: 5, version: next });
    });
  });
}
