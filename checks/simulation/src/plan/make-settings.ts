import type { Dawdler, Settings } from "./plan.js";
import type { Random } from "./random.js";

/** Settings of a bit of everything; plans with a purpose replace some. */
export function makeSettings(random: Random): Settings {
  const usualMs = random.pick([1, 5, 5, 20]);
  return {
    processes: random.weighted([
      [1, 1],
      [5, 2],
      [4, 3],
    ]),
    nodes: random.weighted([
      [3, 1],
      [1, 2],
    ]),
    leasing: random.chance(0.5),
    tagged: random.chance(0.4),
    clearable: random.chance(0.15),
    staleIfErrorMs: 0,
    softTimeoutMs: undefined,
    refreshBeforeMs: 0,
    failingLoads: random.weighted([
      [9, 0],
      [1, 0.2],
    ]),
    touchLeadMs: 0,
    nearTtlMs: undefined,
    bus: "none",
    cacheTimeoutMs: usualMs < 20 ? random.pick([50, 250]) : 250,
    leaseTtlMs: random.pick([1_000, 2_000, 10_000]),
    leaseWaitMs: random.pick([0, 20, 200, 1_000]),
    holdTtlMs: random.pick([1_000, 1_000, 2_000, 10_000]),
    ttlMs: random.weighted([
      [5, 300_000],
      [1, 300],
      [1, 1_500],
    ]),
    absenceTtlMs: random.pick([0, 30_000]),
    relayPollMs: random.weighted([
      [1, 40],
      [3, 200],
      [3, 500],
      [3, 1_000],
    ]),
    relayMaxBackoffMs: 1_000,
    loadTimeoutMs: 4_000,
    whenCacheUnreachable: random.weighted([
      [4, "log"],
      [1, "reject"],
    ]),
    logInvalidations: random.weighted([
      [4, "derived"],
      [1, "always"],
    ]),
    usualMs,
    slowShare: random.pick([0, 0.02, 0.1, 0.2]),
    slowMs: random.pick([50, 200, 600]),
    dawdling: Array.from({ length: random.below(4) }, () => random.pick(dawdlers)),
    dawdleMs: random.pick([30, 120, 120, 900]),
    dawdlingSlot: undefined,
    clockSkewMs: random.pick([0, 0, 0, 500]),
  };
}

export const dawdlers: readonly Dawdler[] = [
  "get",
  "lease",
  "fill",
  "seed",
  "hold",
  "release",
  "answer of the cache",
  "answer to fill",
  "select",
  "answer to select",
  "COMMIT",
  "COMMIT",
  "answer to COMMIT",
  "log",
];
