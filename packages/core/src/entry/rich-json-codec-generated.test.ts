import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { richJsonCodec } from "./rich-json-codec.js";

const { encode, decode } = richJsonCodec;

describe("a thousand generated values", () => {
  it("come back the same, fresh, and under the same text", () => {
    for (const { seed, value } of generatedValues(1_000)) {
      const text = encode(value);
      const once = decode(text);
      assert.deepEqual(once, value, `seed ${seed}`);
      expect(encode(once)).toBe(text);
      const twice = decode(text);
      assert.deepEqual(twice, once);
      expect(sharedObjects(once, twice)).toBe(0);
      expect(sharedObjects(once, value)).toBe(0);
    }
  });

  it("have different texts when they differ", () => {
    const byText = new Map<string, unknown>();
    for (const { seed, value } of generatedValues(1_000)) {
      const text = encode(value);
      if (byText.has(text)) assert.deepEqual(value, byText.get(text), `seed ${seed}`);
      byText.set(text, value);
    }
    expect(byText.size).toBeGreaterThan(500);
  });
});

/** How many objects are in both values, at any place. */
function sharedObjects(one: unknown, other: unknown): number {
  const inOne = new Set(objectsIn(one));
  return objectsIn(other).filter((object) => inOne.has(object)).length;
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  const inside =
    value instanceof Map
      ? [...value].flat(1)
      : value instanceof Set
        ? [...value]
        : ArrayBuffer.isView(value)
          ? []
          : Object.values(value);
  return [value, ...inside.flatMap(objectsIn)];
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = [
  "a",
  "b",
  "id",
  "",
  "~",
  "~~",
  "~u",
  "~d",
  "~~m",
  "__proto__",
  "constructor",
  "toString",
  "1",
  "0",
  "ü",
];
const strings = [
  "",
  "~",
  "~{}",
  '{"~u":0}',
  "null",
  "a\0b",
  "\ud800",
  "\u2028",
  "👍",
  "0",
  "2020-01-01T00:00:00.000Z",
];
const numbers = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

/** Values of every kind that the codec keeps, nested at random; for tests. The same seed gives the same value. */
function* generatedValues(count: number): Generator<{ readonly seed: number; readonly value: unknown }> {
  for (let seed = 1; seed <= count; seed += 1) {
    const random = randomFrom(seed);
    // Half of them plain, so that both ways of the codec are gone.
    yield { seed, value: generate(random, 4, random() < 0.5) };
  }
}

function generate(random: () => number, depth: number, plain: boolean): unknown {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const many = <T>(make: () => T): T[] => Array.from({ length: Math.floor(random() * 4) }, make);
  const inner = () => generate(random, depth - 1, plain);
  const object = () => {
    const value: Record<string, unknown> = {};
    for (const name of many(() => pick(names))) {
      Object.defineProperty(value, name, {
        value: inner(),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    return value;
  };
  const plainLeaves: ReadonlyArray<() => unknown> = [
    () => null,
    () => random() < 0.5,
    () => pick(strings),
    () => pick(numbers.filter((n) => Number.isFinite(n) && !Object.is(n, -0))),
    () => random() * 1e6,
  ];
  const leaves: ReadonlyArray<() => unknown> = [
    ...plainLeaves,
    () => undefined,
    () => pick(numbers),
    () => BigInt(Math.floor(random() * 2 ** 53)) * (random() < 0.5 ? -(2n ** 40n) : 1n),
    () => new Date(Math.floor((random() - 0.5) * 1e13)),
    () => Uint8Array.from(many(() => random() * 256)),
    () => Buffer.from(pick(strings)),
  ];
  const nests: ReadonlyArray<() => unknown> = [() => many(inner), object];
  const richNests: ReadonlyArray<() => unknown> = [
    ...nests,
    () => new Map(many(() => [inner(), inner()] as const)),
    () => new Set(many(inner)),
  ];
  const nest = depth > 0 && random() < (depth === 4 ? 0.9 : 0.5);
  return pick(nest ? (plain ? nests : richNests) : plain ? plainLeaves : leaves)();
}
