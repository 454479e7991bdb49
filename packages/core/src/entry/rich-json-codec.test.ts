import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { isAsideError } from "../errors/aside-error.js";
import { richJsonCodec } from "./rich-json-codec.js";

const { encode, decode } = richJsonCodec;
const throughCodec = (value: unknown) => decode(encode(value));

class Point {
  readonly x: number;
  readonly #hidden = 1;
  constructor(x: number) {
    this.x = x;
  }
  get double(): number {
    return this.x * 2 * this.#hidden;
  }
}

class Money {
  readonly cents: bigint;
  constructor(cents: bigint) {
    this.cents = cents;
  }
  toJSON(name: string): unknown {
    return { name, cents: this.cents, nested: new Point(1) };
  }
}

describe("values that JSON keeps", () => {
  it.each([
    { name: "null", value: null },
    { name: "an empty string", value: "" },
    { name: "a tilde", value: "~" },
    { name: "text that looks like a tagged form", value: '~{"~u":0}' },
    { name: "a lone surrogate", value: "a\ud800b" },
    { name: "numbers", value: [0, -1, 1.5e-7, 1e21, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE] },
    { name: "nested objects", value: { a: [{ b: {} }, []], "": null, "2": 1, "1": 2 } },
    { name: "an object that looks like a tag", value: { "~u": 0 } },
    { name: "objects with many tildes", value: { "~": 1, "~~": 2, "~~d": 3, "a~": { "~m": [1, 2] } } },
    { name: "an own __proto__ property", value: JSON.parse('{"__proto__":{"x":1},"a":1}') },
  ])("$name is stored as JSON.stringify would", ({ value }) => {
    expect(encode(value)).toBe(JSON.stringify(value));
    assert.deepEqual(throughCodec(value), value);
  });

  it("the same plain text comes out where the value is too deep for the fast way", () => {
    let value: unknown = { "~u": 0, text: "a\u2028b", list: [1.5, true, null, -7, 1e300] };
    for (let level = 0; level < 200; level += 1) value = level % 2 ? [value] : { "~in": value };
    expect(encode(value)).toBe(JSON.stringify(value));
    assert.deepEqual(throughCodec(value), value);
  });
});

describe("values that JSON would change", () => {
  it.each([
    { name: "undefined", value: undefined },
    { name: "undefined in an object", value: { a: undefined, b: 1 } },
    { name: "undefined in an array", value: [undefined, 1, undefined] },
    {
      name: "NaN and the infinities",
      value: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    },
    { name: "minus zero", value: [-0, 0] },
    { name: "bigints", value: [0n, -5n, 2n ** 70n] },
    { name: "a date", value: new Date(1_700_000_000_123) },
    { name: "dates at the ends of time", value: [new Date(8.64e15), new Date(-8.64e15), new Date(0)] },
    {
      name: "a map of anything",
      value: new Map<unknown, unknown>([
        [1, "a"],
        ["1", new Map([[{ k: 1 }, [1, [2]]]])],
        [null, undefined],
      ]),
    },
    {
      name: "a set of anything",
      value: new Set<unknown>([1, "1", new Set([Number.NaN]), [new Date(1)], undefined]),
    },
    { name: "empty collections", value: [new Map(), new Set(), new Uint8Array(0)] },
    { name: "bytes", value: Uint8Array.from({ length: 256 }, (_, index) => index) },
    { name: "a buffer", value: Buffer.from("a buffer") },
    { name: "a view of a part of a buffer", value: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) },
    {
      name: "tildes beside a special value",
      value: { "~u": 0, "~~d": [{ "~": new Date(1) }], plain: undefined },
    },
    {
      name: "an own __proto__ beside a special value",
      value: JSON.parse('{"__proto__":{"~x":1},"~y":2}', (key, v) => (key === "~y" ? 3n : v)),
    },
  ])("$name comes back the same", ({ value }) => {
    const text = encode(value);
    expect(text.startsWith("~")).toBe(true);
    assert.deepEqual(decode(text), value);
    expect(encode(decode(text))).toBe(text);
  });

  it("an invalid date comes back as one", () => {
    // Node's own deep equality takes two invalid dates for different ones.
    const { at } = throughCodec({ at: new Date(Number.NaN) }) as { at: Date };
    expect(at).toBeInstanceOf(Date);
    expect(at.getTime()).toBeNaN();
  });

  it("a __proto__ property does not change the prototype of what is decoded", () => {
    const value = throughCodec(
      JSON.parse('{"__proto__":{"admin":true},"~a":0}', (k, v) => (k === "~a" ? -0 : v)),
    );
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  it("objects with inner state are known when they come from another realm", () => {
    const foreign: unknown = runInNewContext(
      "({ date: new Date(5), map: new Map([[1, new Set([2])]]), bytes: new Uint8Array([7]), plain: { a: [1] } })",
    );
    expect(throughCodec(foreign)).toEqual({
      date: new Date(5),
      map: new Map([[1, new Set([2])]]),
      bytes: new Uint8Array([7]),
      plain: { a: [1] },
    });
    expect(() => encode(runInNewContext("[new Error('secret')]"))).toThrow("value[0]");
  });
});

describe("objects of classes", () => {
  it("come back as plain objects of their own properties", () => {
    expect(encode(new Point(3))).toBe('{"x":3}');
    expect(Object.getPrototypeOf(throughCodec(new Point(3)))).toBe(Object.prototype);
    assert.deepEqual(throughCodec({ at: new Date(1), point: new Point(3) }), {
      at: new Date(1),
      point: { x: 3 },
    });
  });

  it("that extend a date, a map or a buffer come back as those", () => {
    class Stamp extends Date {}
    class Index extends Map<string, number> {}
    assert.deepEqual(throughCodec(new Stamp(7)), new Date(7));
    assert.deepEqual(throughCodec(new Index([["a", 1]])), new Map([["a", 1]]));
  });

  it("without a prototype come back as plain objects", () => {
    const value = Object.assign(Object.create(null) as object, { a: 1 });
    expect(throughCodec(value)).toEqual({ a: 1 });
  });

  it("with toJSON come back as what that gives, told its name, with special values kept", () => {
    assert.deepEqual(throughCodec({ price: new Money(5n), list: [new Money(6n)] }), {
      price: { name: "price", cents: 5n, nested: { x: 1 } },
      list: [{ name: "0", cents: 6n, nested: { x: 1 } }],
    });
    assert.deepEqual(throughCodec(new Money(7n)), { name: "", cents: 7n, nested: { x: 1 } });
  });

  it("with toJSON on plain properties come back as what that gives, too", () => {
    class Tags {
      readonly list = ["a", "b"];
      toJSON(): unknown {
        return new Set(this.list);
      }
    }
    assert.deepEqual(throughCodec([new Tags()]), [new Set(["a", "b"])]);
  });

  it("whose toJSON makes them plain are stored as plain JSON, tildes and all", () => {
    const value = { url: new URL("http://127.0.0.1/a"), "~u": 0, "~": [{ "~~": 1 }] };
    expect(encode(value)).toBe(JSON.stringify(value));
  });

  it("toJSON is called once, and what it gave is not asked again", () => {
    let calls = 0;
    const value = {
      toJSON() {
        calls += 1;
        return { inner: 1n, toJSON: () => "never asked" };
      },
    };
    expect(() => encode(value)).toThrow("value.toJSON: it holds a function");
    expect(calls).toBe(1);
  });

  it("boxed primitives come back as primitives", () => {
    assert.deepEqual(throughCodec([Object(1), Object("a"), Object(true), Object(2n)]), [1, "a", true, 2n]);
  });

  it("symbol keys, hidden and inherited properties are left out, as in JSON", () => {
    const value = Object.create({ inherited: new Date(1) }) as Record<PropertyKey, unknown>;
    value["own"] = 1;
    value[Symbol("s")] = 2;
    Object.defineProperty(value, "hidden", { value: 3, enumerable: false });
    assert.deepEqual(throughCodec(value), { own: 1 });
  });

  it("a hole comes back as undefined, and properties of an array are left out", () => {
    const value: unknown[] = Object.assign([1], { extra: 1 });
    value[2] = 3;
    assert.deepEqual(throughCodec(value), [1, undefined, 3]);
  });
});

describe("values that cannot be stored", () => {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push({ back: cycle });
  const inMap = new Map<unknown, unknown>();
  inMap.set("self", inMap);
  let deep: unknown = 1;
  for (let level = 0; level < 1_001; level += 1) deep = [deep];

  it.each([
    { name: "a function", value: { f: () => 1 }, place: "value.f" },
    { name: "a symbol", value: [Symbol("secret")], place: "value[0]" },
    { name: "a regular expression", value: { "first name": /secret/ }, place: "value[...]" },
    { name: "an error", value: { a: [new TypeError("secret")] }, place: "value.a[0]" },
    { name: "a promise", value: { p: Promise.resolve("secret") }, place: "value.p" },
    { name: "a weak map", value: new WeakMap(), place: "value:" },
    { name: "a weak set", value: [new WeakSet()], place: "value[0]" },
    { name: "a weak reference", value: [new WeakRef({})], place: "value[0]" },
    { name: "an array buffer", value: { b: new ArrayBuffer(1) }, place: "value.b" },
    { name: "another typed array", value: { b: new Float64Array(1) }, place: "value.b" },
    { name: "a generator", value: [(function* () {})()], place: "value[0]" },
    { name: "an iterator of a map", value: [new Map().keys()], place: "value[0]" },
    { name: "a function in a map", value: new Map([["secret", () => 1]]), place: "value[1]" },
    { name: "a cycle", value: cycle, place: "value.list[0].back: it holds a cycle" },
    { name: "a cycle through a map", value: inMap, place: "value[1]: it holds a cycle" },
    { name: "more than 1,000 levels", value: deep, place: "more than 1000 levels" },
  ])("$name is refused with its place and without its value", ({ value, place }) => {
    let caught: unknown;
    try {
      encode(value);
    } catch (error) {
      caught = error;
    }
    assert.ok(isAsideError(caught, "INVALID_VALUE"));
    expect(caught.message).toContain(place);
    expect(caught.message).not.toContain("secret");
  });

  it("1,000 levels are stored", () => {
    let value: unknown = new Date(1);
    for (let level = 0; level < 999; level += 1) value = level % 2 ? [value] : { in: value };
    assert.deepEqual(encode(throughCodec(value)), encode(value));
  });

  it("two references to one object are no cycle", () => {
    const shared = { at: new Date(1) };
    const decoded = throughCodec([shared, shared]) as [unknown, unknown];
    assert.deepEqual(decoded, [shared, shared]);
    expect(decoded[0]).not.toBe(decoded[1]);
  });
});

describe("texts that no encode made", () => {
  it.each([
    "",
    "{",
    "~",
    "~{",
    '~{"~x":1}',
    '~{"~u":0,"a":1}',
    '~{"~":1}',
    '~{"~i":"secret"}',
    '~{"~i":5}',
    '~{"~m":{}}',
    '~{"~b":7}',
    "secret",
  ])("%j is refused without being quoted", (text) => {
    let caught: unknown;
    try {
      decode(text);
    } catch (error) {
      caught = error;
    }
    assert.ok(isAsideError(caught, "INVALID_VALUE"));
    expect(String(caught)).not.toContain("secret");
    expect(caught.cause).toBeUndefined();
  });
});
