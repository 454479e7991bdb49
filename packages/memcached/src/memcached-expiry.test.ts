import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { toExpirySeconds } from "./memcached-expiry.js";

const day = 24 * 3_600_000;

describe("toExpirySeconds", () => {
  it.each([
    { ttlMs: 1, seconds: 1 },
    { ttlMs: 999, seconds: 1 },
    { ttlMs: 1000, seconds: 1 },
    { ttlMs: 1000.5, seconds: 2 },
    { ttlMs: 1001, seconds: 2 },
    { ttlMs: 60_000, seconds: 60 },
    { ttlMs: 30 * day, seconds: 2_592_000 },
    { ttlMs: 30 * day + 1, seconds: 2_592_000 },
    { ttlMs: 365 * day, seconds: 2_592_000 },
    { ttlMs: Number.POSITIVE_INFINITY, seconds: 2_592_000 },
  ])("sends $seconds s for $ttlMs ms", ({ ttlMs, seconds }) => {
    assert.equal(toExpirySeconds(ttlMs), seconds);
  });

  it.each([0, -1, 0.5, Number.NaN])(
    "refuses %p, which memcached would take for ever or for an error",
    (ttlMs) => {
      assert.throws(() => toExpirySeconds(ttlMs), TypeError);
    },
  );
});
