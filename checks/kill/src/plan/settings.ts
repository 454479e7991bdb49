import type { Bounds } from "../oracle/bounds.js";

/** Short, so that holds and leases run out and relays are late within a run. */
export const storeSettings = {
  hold: { ttlMs: 1_000 },
  lease: { ttlMs: 1_000, waitMs: 150 },
  relay: { pollMs: 100, maxBackoffMs: 500 },
  cacheTimeoutMs: 250,
} as const;

/** Longest pause of core's breaker (`flow/cache-nodes.ts`), and of its attempts to log (`flow/write-invalidation.ts`). */
const breakerMs = 1_000;
const retryMs = 5_000;
/** A relay jitters its pauses by a quarter (`flow/invalidation-relay.ts`). */
const jitter = 1.25;
/** memcached's clock ticks by the second. */
const tickMs = 1_000;
/** What a process may wait for the processor on a busy machine, besides. */
const slackMs = 1_000;

export const bounds: Bounds = {
  holdTtlMs: storeSettings.hold.ttlMs,
  leaseTtlMs: storeSettings.lease.ttlMs + 2 * tickMs,
  relayMs: storeSettings.relay.maxBackoffMs * jitter + breakerMs + storeSettings.cacheTimeoutMs + slackMs,
  retryMs: retryMs * 1.5,
};
