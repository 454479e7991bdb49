import type { Milliseconds } from "@aside/core";

/** Memcached reads a longer expiry as an instant in Unix time, long past: `doc/protocol.txt`, "Expiration times". */
const longestRelativeSeconds = 60 * 60 * 24 * 30;

/**
 * The expiry to send for `ttlMs`: relative, whole seconds, rounded up. At least 1, since 0 means *never*; at most 30 days. Its
 * clock ticks by the second, so an entry lives up to one second shorter than was sent (`limits.ttlStepMs`).
 * @throws {TypeError} for a ttl below 1 ms or none at all.
 */
export function toExpirySeconds(ttlMs: Milliseconds): number {
  if (!(ttlMs >= 1)) throw new TypeError("ttlMs must be at least 1.");
  return Math.min(Math.ceil(ttlMs / 1000), longestRelativeSeconds);
}
