import assert from "node:assert/strict";
import type { Lock } from "../../backend/lock-provider.js";

/** Long enough not to end during a test. */
export const longTtlMs = 60_000;

/** The lock of an acquisition that must have succeeded. */
export function held(lock: Lock | undefined): Lock {
  assert.ok(lock !== undefined, "expected to get the lock");
  return lock;
}
