import { describe, expect, it } from "@jest/globals";
import { kindOf } from "./entry-kind.js";
import { decodeEnvelope, type Envelope, encodeEnvelope, keptUntilMs, servedAt } from "./envelope.js";
import { KeySpace } from "./key-space.js";

const keys = new KeySpace("users", 250);
const key = keys.finalKey("42");
const value: Envelope = {
  text: '{"name":"Zoë"}',
  version: "v1",
  staleAtMs: 1_700_000_000_123,
  expiresAtMs: 1_700_000_001_456,
  rowExpiresAtMs: 1_700_000_009_789,
};

describe("the envelope", () => {
  it.each<[string, Envelope]>([
    ["a value with everything", value],
    [
      "a value without version and ends",
      { ...value, version: undefined, expiresAtMs: undefined, rowExpiresAtMs: undefined },
    ],
    ["an empty text", { ...value, text: "" }],
    ["known absence", { ...value, text: undefined, version: undefined }],
  ])("gives back %s", (_, envelope) => {
    expect(decodeEnvelope(key, 7, encodeEnvelope(key, 7, envelope))).toEqual(envelope);
  });

  it("tells a value from known absence by the first byte", () => {
    expect(kindOf(encodeEnvelope(key, 0, value))).toBe("value");
    expect(kindOf(encodeEnvelope(key, 0, { ...value, text: undefined }))).toBe("absence");
  });

  it("is odd with any byte damaged but the kind, which is checked as well", () => {
    const bytes = encodeEnvelope(key, 0, value);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      expect(decodeEnvelope(key, 0, damaged)).toBeUndefined();
    }
  });

  it("is odd when cut at any length", () => {
    const bytes = encodeEnvelope(key, 0, value);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeEnvelope(key, 0, bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it("is odd under another key", () => {
    expect(decodeEnvelope(keys.finalKey("43"), 0, encodeEnvelope(key, 0, value))).toBeUndefined();
  });

  it("is odd under another schema version", () => {
    expect(decodeEnvelope(key, 2, encodeEnvelope(key, 1, value))).toBeUndefined();
  });

  it("carries the full key where the key was hashed, and is odd under another that hashes alike", () => {
    const long = keys.finalKey("x".repeat(500));
    const bytes = encodeEnvelope(long, 0, value);
    expect(decodeEnvelope(long, 0, bytes)).toEqual(value);
    expect(decodeEnvelope({ ...long, key: `${"x".repeat(499)}y` }, 0, bytes)).toBeUndefined();
  });

  it("is served until it is stale or ended, whichever comes first", () => {
    const stale = { ...value, staleAtMs: 10, expiresAtMs: 20, rowExpiresAtMs: 30 };
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
    const touched = { ...value, staleAtMs: 30, expiresAtMs: 10, rowExpiresAtMs: 20 };
    expect(servedAt(touched, 9)).toBe(touched);
    expect(servedAt(touched, 10)?.text).toBeUndefined();
    expect(servedAt(touched, 19)).toBeDefined();
    expect(servedAt(touched, 20)).toBeUndefined();
    expect(keptUntilMs(touched)).toBe(20);
  });
});
