import assert from "node:assert/strict";
import { isAsideError } from "../../errors/aside-error.js";
import { expectCode } from "../expect-code.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

const families: ReadonlyArray<{ readonly name: string; readonly keys: readonly string[] }> = [
  { name: "case", keys: ["key", "KEY", "Key"] },
  { name: "blanks at the end", keys: ["key", "key ", "key  ", " key"] },
  { name: "accents", keys: ["resume", "résumé", "Résumé"] },
  { name: "composition", keys: ["\u00e9", "e\u0301"] },
  { name: "sharp s, ligatures and width", keys: ["ss", "ß", "ﬁ", "fi", "Ａ", "A"] },
  { name: "characters outside the basic plane", keys: ["👍", "👎", "👍🏽"] },
  { name: "zero-width characters", keys: ["ab", "a\u200bb", "a\ufeffb"] },
  {
    name: "wildcards, quotes and placeholders",
    keys: ["a%", "a_", "a?", "a'", 'a"', "a\\", "a`", ":a", "$1"],
  },
  { name: "the look of a number", keys: ["1", "01", "1.0", "1e0", "+1"] },
  { name: "names of properties", keys: ["__proto__", "constructor", "toString"] },
];

/** Two keys are one only if they are the same string. */
export function rowKeyClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("keys", () => {
    for (const { name, keys } of families) {
      it(`that differ by ${name} name different rows`, async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        for (const key of keys) written(await rows.write(key, { key }, { expectedVersion: null }));
        const found = await rows.readMany(keys);
        assert.equal(found.size, keys.length);
        for (const key of keys) assert.deepEqual(found.get(key)?.value, { key });
        const [first, ...rest] = keys;
        assert.deepEqual(await rows.remove(first as string), { removed: true });
        for (const key of rest) await expectValue(rows, key, { key });
      });
    }

    it("of 200 characters work", async () => {
      await using collection = await harness.open();
      const keys = ["1", "2"].map((last) => "k".repeat(199) + last);
      for (const key of keys) await collection.persistence.write(key, key);
      for (const key of keys) await expectValue(collection.persistence, key, key);
    });

    it("that are too long are refused by INVALID_KEY, never cut", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const keys = ["1", "2"].map((last) => "k".repeat(9_999) + last);
      const accepted: string[] = [];
      for (const key of keys) {
        await rows.write(key, key, { expectedVersion: null }).then(
          (result) => {
            written(result);
            accepted.push(key);
          },
          (error: unknown) => {
            assert.ok(isAsideError(error, "INVALID_KEY"), "a key that does not fit is an INVALID_KEY");
          },
        );
      }
      for (const key of accepted) await expectValue(rows, key, key);
    });

    it("that are no well-formed text are refused by INVALID_KEY", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await expectCode(rows.write("a\ud800", 1), "INVALID_KEY");
      await expectCode(rows.write("\udc00\ud800", 1), "INVALID_KEY");
      assert.equal(await readRow(rows, "a\ufffd"), undefined);
    });
  });
}
