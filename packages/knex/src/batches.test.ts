import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { listPieces, rowPieces } from "./batches.js";

const values = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("listPieces", () => {
  it.each([0, 1, 2, 5, 9, 33, 255, 256, 257, 1_000])(
    "gives every one of %d values, in few shapes",
    (count) => {
      const pieces = listPieces(values(count));
      assert.deepEqual([...new Set(pieces.flat())], values(count));
      for (const { length } of pieces) assert.ok([1, 2, 3, 4, 8, 16, 32, 64, 128, 256].includes(length));
    },
  );
});

describe("rowPieces", () => {
  it.each([0, 1, 7, 8, 9, 64, 100, 1_000])("gives each of %d rows once, in order, in few shapes", (count) => {
    const pieces = rowPieces(values(count));
    assert.deepEqual(pieces.flat(), values(count));
    for (const { length } of pieces) assert.ok(length <= 8 || [16, 32, 64].includes(length));
  });
});
