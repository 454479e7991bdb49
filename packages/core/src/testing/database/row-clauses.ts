import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

const values: ReadonlyArray<{ readonly name: string; readonly value: unknown }> = [
  { name: "null", value: null },
  { name: "zero", value: 0 },
  { name: "an empty string", value: "" },
  { name: "false", value: false },
  { name: "an empty object", value: {} },
  { name: "an empty array", value: [] },
  { name: "a nested object", value: { a: [1, { b: [null, true, "x"] }], c: { d: { e: -1.5e-7 } } } },
  { name: "text of many scripts", value: "Zoë 漢字 العربية 👩‍👩‍👧 \u{10ffff}" },
  { name: "composed and decomposed letters", value: ["\u00e9", "e\u0301"] },
  { name: "a NUL and other control characters", value: "a\0b\u0001\u001f\u007f\u2028\ufeff" },
  { name: "quotes, backslashes and question marks", value: `'"\`\\ ? ?? :a $1 %s \\' ;--` },
  { name: "a string of digits", value: "00123" },
  { name: "a string that looks like JSON", value: '{"a":1}' },
  { name: "a string that looks like a date", value: "2024-02-29T12:00:00.000Z" },
  { name: "a number of 53 bits", value: 9_007_199_254_740_991 },
  { name: "blanks at both ends", value: "  x  " },
  {
    name: "every character of one byte, alone and among others",
    value: Array.from({ length: 256 }, (_, code) => [
      String.fromCharCode(code),
      `a${String.fromCharCode(code)}b`,
    ]),
  },
  { name: "a string of 200,000 characters", value: "0123456789é".repeat(18_182).slice(0, 200_000) },
  { name: "a string of three million characters", value: "0123456789".repeat(300_000) },
];

const everyByte = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
const byteValues: ReadonlyArray<{ readonly name: string; readonly value: unknown }> = [
  { name: "no bytes at all", value: new Uint8Array(0) },
  { name: "every byte value", value: everyByte },
  {
    name: "bytes within an object",
    value: { first: everyByte.subarray(7, 300), second: [new Uint8Array(1)] },
  },
  { name: "a million bytes", value: new Uint8Array(1_000_000).fill(0xa5) },
];

/** Reading, writing and removing rows. */
export function rowClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  describe("rows", () => {
    it("a row that was never written is absent", async () => {
      await using collection = await harness.open();
      await expectValue(collection.persistence, "a", undefined);
    });

    for (const { name, value } of harness.bytes === true ? [...values, ...byteValues] : values) {
      it(`${name} comes back as it was written, inserted and updated`, async () => {
        await using collection = await harness.open();
        const rows = collection.persistence;
        written(await rows.write("a", value));
        await expectValue(rows, "a", value);
        written(await rows.write("b", "before"));
        written(await rows.write("b", value));
        await expectValue(rows, "b", value);
      });
    }

    it("what was read belongs to the reader", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const mine = { list: [1] };
      await rows.write("a", mine);
      mine.list.push(2);
      const theirs = (await readRow(rows, "a"))?.value as typeof mine | undefined;
      assert.deepEqual(theirs, { list: [1] });
      theirs?.list.push(3);
      await expectValue(rows, "a", { list: [1] });
    });

    it("no keys give an empty result", async () => {
      await using collection = await harness.open();
      assert.equal((await collection.persistence.readMany([])).size, 0);
    });

    it("of five hundred keys, every third written, those come back by their names", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
      const present = keys.filter((_, index) => index % 3 === 0);
      await rows.transactions.run(async () => {
        for (const key of present) await rows.write(key, { key });
      });
      const found = await rows.readMany(keys);
      assert.deepEqual([...found.keys()].sort(), [...present].sort());
      for (const key of present) assert.deepEqual(found.get(key)?.value, { key });
    });

    it("a key asked for twice in one call is answered", async () => {
      await using collection = await harness.open();
      await collection.persistence.write("a", 1);
      const found = await collection.persistence.readMany(["a", "b", "a"]);
      assert.deepEqual([...found.keys()], ["a"]);
    });

    it("a removed row is absent, and removing it again removes nothing", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      await rows.write("a", 1);
      await rows.write("b", 2);
      assert.deepEqual(await rows.remove("a"), { removed: true });
      await expectValue(rows, "a", undefined);
      await expectValue(rows, "b", 2);
      assert.deepEqual(await rows.remove("a"), { removed: false });
    });

    it("twenty writers of one row at once leave the value of one of them", async () => {
      await using collection = await harness.open();
      const rows = collection.persistence;
      const versions = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => written(await rows.write("a", { n }))),
      );
      const row = await readRow(rows, "a");
      const winner = versions.indexOf(row?.version as string);
      assert.ok(winner >= 0, "the version that stands was handed out to a writer");
      assert.deepEqual(row?.value, { n: winner });
    });

    if (harness.openSecond !== undefined) {
      const openSecond = harness.openSecond.bind(harness);
      it("another client sees what was written, at once", async () => {
        await using first = await harness.open();
        await using second = await openSecond(first);
        const version = written(await first.persistence.write("a", 1));
        assert.equal((await readRow(second.persistence, "a"))?.version, version);
        await second.persistence.remove("a");
        await expectValue(first.persistence, "a", undefined);
      });
    }
  });
}
