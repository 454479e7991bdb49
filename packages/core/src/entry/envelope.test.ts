import { describe, expect, it } from "@jest/globals";
import { deflated } from "./compression.js";
import { kindOf } from "./entry-kind.js";
import { decodeEnvelope, type Envelope, encodeEnvelope, graceAt, keptUntilMs, servedAt } from "./envelope.js";
import { KeySpace } from "./key-space.js";

const keys = new KeySpace("users", 250);
const key = keys.finalKey("42");
const value: Envelope = {
  text: '{"name":"Zoë"}',
  version: "v1",
  staleAtMs: 1_700_000_000_123,
  expiresAtMs: 1_700_000_001_456,
  rowExpiresAtMs: 1_700_000_009_789,
  graceUntilMs: 1_700_000_010_000,
  refreshingUntilMs: 1_700_000_000_100,
};
const none = new Uint8Array(0);
const identity = (schemaVersion = 0, seeds = none, of = key) => ({ key: of, schemaVersion, seeds });

describe("the envelope", () => {
  it.each<[string, Envelope]>([
    ["a value with everything", value],
    [
      "a value without version and ends",
      { ...value, version: undefined, expiresAtMs: undefined, rowExpiresAtMs: undefined },
    ],
    ["an empty text", { ...value, text: "" }],
    [
      "a value that is not kept beyond its end",
      { ...value, graceUntilMs: undefined, refreshingUntilMs: undefined },
    ],
    ["known absence", { ...value, text: undefined, version: undefined }],
  ])("gives back %s", (_, envelope) => {
    expect(decodeEnvelope(identity(7), encodeEnvelope(identity(7), envelope))).toEqual(envelope);
  });

  it("tells a value from known absence by the first byte", () => {
    expect(kindOf(encodeEnvelope(identity(), value))).toBe("value");
    expect(kindOf(encodeEnvelope(identity(), { ...value, text: undefined }))).toBe("absence");
  });

  it("is odd with any byte damaged but the kind, which is checked as well", () => {
    const bytes = encodeEnvelope(identity(), value);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      expect(decodeEnvelope(identity(), damaged)).toBeUndefined();
    }
  });

  it("is odd when cut at any length", () => {
    const bytes = encodeEnvelope(identity(), value);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeEnvelope(identity(), bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it("is odd under another key", () => {
    expect(
      decodeEnvelope(identity(0, none, keys.finalKey("43")), encodeEnvelope(identity(), value)),
    ).toBeUndefined();
  });

  it("is odd under another schema version", () => {
    expect(decodeEnvelope(identity(2), encodeEnvelope(identity(1), value))).toBeUndefined();
  });

  it("carries the full key where the key was hashed, and is odd under another that hashes alike", () => {
    const long = keys.finalKey("x".repeat(500));
    const bytes = encodeEnvelope(identity(0, none, long), value);
    expect(decodeEnvelope(identity(0, none, long), bytes)).toEqual(value);
    expect(decodeEnvelope(identity(0, none, { ...long, key: `${"x".repeat(499)}y` }), bytes)).toBeUndefined();
  });

  it("is odd under other seeds, whatever their number", () => {
    const one = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const other = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9);
    const bytes = encodeEnvelope(identity(0, one), value);
    expect(decodeEnvelope(identity(0, one), bytes)).toEqual(value);
    for (const seeds of [none, other, Buffer.concat([one, one])])
      expect(decodeEnvelope(identity(0, seeds), bytes)).toBeUndefined();
    expect(decodeEnvelope(identity(0, one), encodeEnvelope(identity(), value))).toBeUndefined();
  });

  it("comes back from a compressed text, and is odd when the text is another than its length says", async () => {
    const long = { ...value, text: "Zoë ".repeat(1_000) };
    const compressed = await deflated(long.text, 100);
    const bytes = encodeEnvelope(identity(), long, compressed);
    expect(bytes.length).toBeLessThan(500);
    expect(decodeEnvelope(identity(), bytes)).toEqual(long);
    for (const plainLength of [4_999, 5_001, 1]) {
      const lying = encodeEnvelope(identity(), long, { bytes: compressed?.bytes ?? none, plainLength });
      expect(decodeEnvelope(identity(), lying)).toBeUndefined();
    }
  });

  it("is kept beyond its end for as long as it may stand in for its successor, but not beyond the end of the value", () => {
    const graced = {
      ...value,
      staleAtMs: 10,
      graceUntilMs: 50,
      expiresAtMs: undefined,
      rowExpiresAtMs: undefined,
    };
    expect(keptUntilMs(graced)).toBe(50);
    expect(servedAt(graced, 10)).toBeUndefined();
    expect([9, 10, 49, 50].map((nowMs) => graceAt(graced, nowMs))).toEqual([true, true, true, false]);
    const ending = { ...graced, expiresAtMs: 30, rowExpiresAtMs: 30 };
    expect(keptUntilMs(ending)).toBe(30);
    expect([29, 30].map((nowMs) => graceAt(ending, nowMs))).toEqual([true, false]);
    expect(graceAt({ ...graced, text: undefined }, 20)).toBe(false);
    expect(graceAt({ ...graced, graceUntilMs: undefined }, 5)).toBe(false);
  });

  it("is served until it is stale or ended, whichever comes first", () => {
    const ungraced = { ...value, graceUntilMs: undefined };
    const stale = { ...ungraced, staleAtMs: 10, expiresAtMs: 20, rowExpiresAtMs: 30 };
    expect(servedAt(stale, 9)).toBe(stale);
    expect(servedAt(stale, 10)).toBeUndefined();
    const ended = { ...value, staleAtMs: 30, expiresAtMs: 10, rowExpiresAtMs: 10 };
    expect(servedAt(ended, 9)).toBe(ended);
    expect(servedAt(ended, 10)).toBeUndefined();
    const endless = { ...value, staleAtMs: 30, expiresAtMs: undefined, rowExpiresAtMs: undefined };
    expect(servedAt(endless, 29)).toBe(endless);
    expect(servedAt(endless, 30)).toBeUndefined();
  });

  it("is a known absence between the end of the value and the end of its row", () => {
    const touched = { ...value, graceUntilMs: undefined, staleAtMs: 30, expiresAtMs: 10, rowExpiresAtMs: 20 };
    expect(servedAt(touched, 9)).toBe(touched);
    expect(servedAt(touched, 10)?.text).toBeUndefined();
    expect(servedAt(touched, 19)).toBeDefined();
    expect(servedAt(touched, 20)).toBeUndefined();
    expect(keptUntilMs(touched)).toBe(20);
  });
});
