import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { isAsideError } from "@aside/core";
import { describe, it } from "@jest/globals";
import { cacheKey } from "./cache-key.js";
import type { KeyPart } from "./key-part.js";

describe("cacheKey", () => {
  it("gives different keys to parts that differ only in type, grouping or place", () => {
    const parts: readonly KeyPart[] = [
      1,
      "1",
      1n,
      [1],
      ["1"],
      [[1]],
      [1, 2],
      ["1,2"],
      ["1", "2"],
      ["1", ["2"]],
      [["1"], "2"],
      '1"1',
      "[1]",
      "",
      [],
      {},
      [""],
      ["", ""],
      null,
      "null",
      undefined,
      [undefined],
      "undefined",
      true,
      "true",
      false,
      NaN,
      Infinity,
      new Date(1),
      { a: 1 },
      { a: "1" },
      { a: 1, b: 2 },
      { a: [1, 2] },
      { 'a":1,1"b': 2 },
      { a: { b: 2 } },
      { a: undefined },
      [{ a: 1 }, { b: 2 }],
      0.1,
      1e21,
      -1,
    ];
    const keys = [cacheKey("n"), ...parts.map((part) => cacheKey("n", part))];
    assert.equal(new Set(keys).size, parts.length + 1, keys.join("\n"));
  });

  it("gives equal parts the same key", () => {
    assert.equal(cacheKey("n", { b: [1], a: "x" }), cacheKey("n", { a: "x", b: [1] }));
    assert.equal(cacheKey("n", -0), cacheKey("n", 0));
    assert.equal(cacheKey("n", new Date(5)), cacheKey("n", new Date(5)));
    const foreign = runInNewContext("({ when: new Date(5), list: [1] })") as KeyPart;
    assert.equal(cacheKey("n", foreign), cacheKey("n", { when: new Date(5), list: [1] }));
    assert.equal(
      cacheKey("n", Object.assign(Object.create(null), { a: 1 }) as KeyPart),
      cacheKey("n", { a: 1 }),
    );
  });

  it("cannot be made to name another name's key", () => {
    assert.notEqual(cacheKey("user", "byId:1"), cacheKey("user.byId", "1"));
    assert.throws(() => cacheKey("user:byId", 1), TypeError);
    assert.throws(() => cacheKey("", 1), TypeError);
    assert.throws(() => cacheKey(undefined as unknown as string), TypeError);
  });

  class Account {
    readonly id = 1;
  }
  const circle: unknown[] = [];
  circle.push(circle);
  const refused: readonly (readonly [string, unknown])[] = [
    ["a function", () => 1],
    ["a symbol", Symbol("secret")],
    ["an instance of a class", new Account()],
    ["a class instance within a list", [[new Account()]]],
    ["a Map", new Map([["secret", 1]])],
    ["a Set", new Set()],
    ["a Buffer", Buffer.from("secret")],
    ["a promise", Promise.resolve(1)],
    ["an invalid Date", new Date(Number.NaN)],
    ["a structure that holds itself", circle],
    ["an object with a symbol for a name", { [Symbol("s")]: 1 }],
  ];
  it.each(refused)("refuses %s and does not tell its content", (_, part) => {
    assert.throws(
      () => cacheKey("user.byId", part as KeyPart),
      (error) =>
        isAsideError(error, "INVALID_KEY") &&
        error.message.includes('"user.byId"') &&
        !error.message.includes("secret"),
    );
  });
});
