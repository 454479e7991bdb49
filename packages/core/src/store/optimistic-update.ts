import type { RemoveResult, Version, WriteResult } from "../backend/persistence-backend.js";
import { pause } from "../flow/deadline.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { Change, Versioned } from "./store-options.js";

/** The steps of an update, for one key of one store. */
export interface UpdateSteps<V> {
  /** The store's own read, which may be answered by the cache. */
  readonly read: () => Promise<Versioned<V> | undefined>;
  /** Reads the row itself. */
  readonly readPrimary: () => Promise<Versioned<V> | undefined>;
  /** One transaction: writes, or removes for `undefined`, if `expectedVersion` stands (`null`: if there is no row). */
  readonly write: (
    next: V | undefined,
    expectedVersion: Version | null,
  ) => Promise<WriteResult | RemoveResult>;
  /** The error after the last attempt. */
  readonly conflict: (expectedVersion: Version | null, actualVersion: Version | undefined) => Error;
}

/** How often it is tried, and by which clock the attempts are spaced: see {@link pauseMs}. */
export interface UpdateRetries {
  readonly clock: Clock;
  readonly attempts: number;
}

const shortestPauseMs: Milliseconds = 10;
const longestPauseMs: Milliseconds = 2_000;

/**
 * Writes what `change` makes of the value that stands, by its version, and tries again where that was overtaken.
 *
 * Invariant: what is written was made of the very row that it replaces, or of none where there is none. The interleaving it closes: two updates read one
 * version; the first commits; the second would write over it what it had made of the old value. The database compares the version under the
 * row's lock, so it does not matter how old the value was that the first attempt got from the cache. An absence is compared, too.
 * `change` runs outside of every transaction: it may take its time, and call the store.
 */
export async function optimisticUpdate<V>(
  steps: UpdateSteps<V>,
  change: Change<V>,
  { clock, attempts }: UpdateRetries,
): Promise<V | undefined> {
  const startedAtMs = clock.monotonicMs();
  let base = await steps.read();
  // A loader of the same key gave it: no row is known to hold it.
  if (base !== undefined && base.version === undefined) base = await steps.readPrimary();
  for (let attempt = 1; ; attempt += 1) {
    const expectedVersion = base?.version ?? null;
    const next = await change(base?.value);
    const result = await steps.write(next, expectedVersion);
    if (isDone(result, expectedVersion)) return next;
    if (attempt >= attempts) {
      throw steps.conflict(expectedVersion, "reason" in result ? result.version : undefined);
    }
    await pause(clock, pauseMs(clock.monotonicMs() - startedAtMs));
    base = await steps.readPrimary();
  }
}

/** A removal of a row that is gone by now is none: what `change` would have made of its absence nobody asked. */
function isDone(result: WriteResult | RemoveResult, expectedVersion: Version | null): boolean {
  if ("written" in result) return result.written;
  return !("reason" in result) && result.removed === (expectedVersion !== null);
}

/**
 * Where many meet, one wins at a time, so n of them need the time of n transactions in any case; the pauses must spread them over that. How long the
 * update has taken so far tells how many there are and how slow the database is: a lost attempt waited behind the others for its connection and the
 * row's lock. So it pauses for a random time up to that, which grows with every attempt. From zero, since those who lost have lost together.
 */
function pauseMs(takenMs: Milliseconds): Milliseconds {
  return Math.random() * Math.min(longestPauseMs, Math.max(shortestPauseMs, takenMs));
}
