import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { quantile, spreadOf } from "./statistics.js";

describe("quantile", () => {
  it.each([
    { name: "the only value", values: [7], q: 0.99, expected: 7 },
    { name: "the least", values: [3, 1, 2], q: 0, expected: 1 },
    { name: "the greatest", values: [3, 1, 2], q: 1, expected: 3 },
    { name: "the middle one of an odd number", values: [9, 1, 5], q: 0.5, expected: 5 },
    { name: "between the two in the middle of an even number", values: [4, 1, 3, 2], q: 0.5, expected: 2.5 },
    { name: "a place between two values", values: [0, 10], q: 0.25, expected: 2.5 },
    { name: "by value, not by its digits", values: [9, 10, 100], q: 0.5, expected: 10 },
  ])("gives $name", ({ values, q, expected }) => {
    assert.equal(quantile(values, q), expected);
  });

  it("leaves the values in their order", () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it("refuses to make a figure out of nothing", () => {
    assert.throws(() => quantile([], 0.5), RangeError);
  });
});

describe("spreadOf", () => {
  it("gives the median between the quartiles, whatever the outlier", () => {
    assert.deepEqual(spreadOf([1, 2, 3, 4, 1_000]), { low: 2, median: 3, high: 4 });
  });
});
