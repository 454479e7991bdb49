import type { RegisterId, RunMs } from "../history/history-event.js";

/** What the oracle has to know of a register beside its history. */
export interface Register {
  readonly id: RegisterId;
  /** The store that caches it. */
  readonly store: string;
  /** The key in the cache that holds it. Parts of one derived value share theirs. */
  readonly cacheKey: string;
  /** The node of the cache that has this key. */
  readonly node: string;
  readonly kind: "row" | "derived";
  /** Whether something stood there in state 0. */
  readonly startsPresent: boolean;
  /** How long the cache serves a value of it at most. */
  readonly ttlMs: RunMs;
}

/** What a value of state 0 carries in place of a write's id. */
export const startId = "start";
