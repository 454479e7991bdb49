import type { Register } from "../oracle/register.js";

/** Rows that count: each write adds one. The cache keeps them for minutes. */
export const tallyKeys = ["t0", "t1", "t2", "t3"] as const;
/** The same in a store whose values are served for a moment only, so that reads take leases over expired entries. */
export const briefKeys = ["b0", "b1"] as const;
/** Rows that come and go. Each write of a slot counts its number row up in the same transaction, and so has a place in an order. */
export const slots = [
  { key: "s0", number: "n0" },
  { key: "s1", number: "n1" },
] as const;
/** Values derived from two rows of a table of the application's own, each with its own row lock. */
export const pairs = [{ key: "p0", parts: ["p0a", "p0b"] }] as const;

export const storeNames = { tally: "tally", brief: "brief", slots: "slots", pairs: "pairs" } as const;

export const ttlMs = { tally: 300_000, brief: 1_000, slots: 300_000, pairs: 300_000 } as const;

/** A register whose node is not known yet: that the servers of a run decide. */
type Planned = Omit<Register, "node">;

const row = (store: "tally" | "brief" | "slots", key: string, startsPresent: boolean): Planned => ({
  id: `${store}:${key}`,
  store,
  cacheKey: `${store}:${key}`,
  kind: "row",
  startsPresent,
  ttlMs: ttlMs[store],
});

/** Everything that the oracle checks. */
export const registers: readonly Planned[] = [
  ...tallyKeys.map((key) => row("tally", key, true)),
  ...briefKeys.map((key) => row("brief", key, true)),
  ...slots.map(({ number }) => row("tally", number, true)),
  ...slots.map(({ key }) => row("slots", key, false)),
  ...pairs.flatMap(({ key, parts }) =>
    parts.map(
      (part): Planned => ({
        id: partRegister(key, part),
        store: "pairs",
        cacheKey: `pairs:${key}`,
        kind: "derived",
        startsPresent: true,
        ttlMs: ttlMs.pairs,
      }),
    ),
  ),
];

export function partRegister(pair: string, part: string): string {
  return `pairs:${pair}/${part}`;
}
