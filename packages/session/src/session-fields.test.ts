import assert from "node:assert/strict";
import { isAsideError } from "@aside/core";
import { describe, it } from "@jest/globals";
import { fieldsOf, mergeFields, sameFields, sessionText } from "./session-fields.js";

describe("mergeFields", () => {
  it.each([
    ["keeps fields that either side added", {}, { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ["keeps changes of different fields", { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }],
    [
      "takes mine whole where both changed a field",
      { a: { x: 1, y: 1 } },
      { a: { x: 2, y: 1 } },
      { a: { x: 1, y: 2 } },
      { a: { x: 2, y: 1 } },
    ],
    ["removes what I removed", { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ["does not bring back what they removed", { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 1 }, { b: 2 }],
    ["keeps what I changed though they removed it", { a: 1 }, { a: 2 }, {}, { a: 2 }],
    ["removes what I removed though they changed it", { a: 1 }, {}, { a: 2 }, {}],
    ["takes theirs where I changed nothing", { a: [1] }, { a: [1] }, { a: [1, 2] }, { a: [1, 2] }],
    ["tells null from absent", { a: null }, {}, { a: null }, {}],
  ])("%s", (_, base, mine, theirs, expected) => {
    assert.deepEqual(mergeFields(base, mine, theirs), expected);
  });

  it("treats __proto__ as a field like any other", () => {
    const mine = JSON.parse('{"__proto__":{"admin":true}}');
    const merged = mergeFields({}, mine, { a: 1 });
    assert.equal(JSON.stringify(merged), '{"a":1,"__proto__":{"admin":true}}');
    assert.equal((merged as { admin?: boolean }).admin, undefined);
  });
});

describe("sameFields", () => {
  it("does not mind the order of fields, and sees every other difference", () => {
    assert.equal(sameFields({ a: 1, b: [2] }, { b: [2], a: 1 }), true);
    assert.equal(sameFields({ a: 1 }, { a: 2 }), false);
    assert.equal(sameFields({ a: 1 }, { b: 1 }), false);
    assert.equal(sameFields({ a: 1 }, { a: 1, b: 1 }), false);
    assert.equal(sameFields({ a: null }, {}), false);
  });
});

describe("sessionText", () => {
  it("is what JSON makes of a session", () => {
    const text = sessionText({ when: new Date(0), gone: undefined, nested: { toJSON: () => "made" } });
    assert.deepEqual(fieldsOf(text), { when: "1970-01-01T00:00:00.000Z", nested: "made" });
  });

  const circle: Record<string, unknown> = { secret: 1 };
  circle["self"] = circle;
  it.each([
    ["a circle", circle],
    ["a bigint", { secret: 1n }],
    ["a list", [1]],
    ["what is no object", { toJSON: () => undefined }],
  ])("refuses %s and does not tell its content", (_, session) => {
    assert.throws(
      () => sessionText(session),
      (error) =>
        isAsideError(error, "INVALID_VALUE") &&
        !/secret|self/.test(error.message) &&
        error.cause === undefined,
    );
  });
});
