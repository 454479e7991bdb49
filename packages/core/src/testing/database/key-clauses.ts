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
  {
    name: "any character of ASCII, alone and at either end",
    keys: Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).flatMap((one) => [
      one,
      `k${one}`,
      `${one}kk`,
    ]),
  },
  {
    name: "any byte of UTF-8",
    // U+0080 to U+00FF have all bytes that go on; the others begin with each byte that may begin a character.
    keys: [
      ...Array.from({ length: 128 }, (_, code) => code + 0x80),
      ...Array.from({ length: 28 }, (_, lead) => (lead + 4) << 6),
      ...[0x0800, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000, 0x8000, 0x9000, 0xa000, 0xb000],
      ...[0xc000, 0xd000, 0xe000, 0xf000, 0x10000, 0x40000, 0x80000, 0xc0000, 0x100000],
    ].map((code) => String.fromCodePoint(code)),
  },
  { name: "names of properties", keys: ["__proto__", "constructor", "toString"] },
];

/** Two keys are one only if they are the same string. */
export function rowKeyClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("keys", () => {
    for (const { name, keys } of families) {
      it(`that differ by ${name} name different rows`, async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        await rows.transactions.run(async () => {
          for (const key of keys) written(await rows.write(key, { key }, { expectedVersion: null }));
        });
        const found = await rows.readMany(keys);
        assert.equal(found.size, keys.length);
        for (const key of keys) assert.deepEqual(found.get(key)?.value, { key });
        const [first, ...rest] = keys;
        assert.deepEqual(await rows.remove(first as string), { removed: true });
        const left = await rows.readMany(keys);
        assert.deepEqual([...left.keys()].sort(), [...rest].sort());
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
