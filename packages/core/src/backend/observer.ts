import type { Milliseconds } from "../time/clock.js";

/**
 * What a store tells. Labels are the names of stores, caches and partitions, never keys or values.
 * - `read`: one call was answered; emitted in the asynchronous context of that caller, once for each source of its keys. `source`: `"cache"` a
 *   cache answer; `"near"` one of this process; `"stale"` a value that had ended, in place of one that could not be loaded; `"database"` the
 *   database or a loader; `"transaction"` read inside a transaction, past the cache.
 * - `invalidation`: a transaction that wrote was committed; once for each store in it, after the release. How many of its keys were `held` when it
 *   committed, and `released` after.
 * - `hold-unconfirmed`, `release-unconfirmed`: of so many keys; they stand in the invalidation log, where there is one.
 * - `log-failed`: an unconfirmed release could not be logged either; the store goes on trying.
 * - `cache-failed`: an operation of a read path failed; the read went on without the cache.
 * - `breaker-opened`, `node-believed`: a cache node is left alone for now; it has been cleaned and is in use.
 * - `backlog`: how many rows of the invalidation log a poll of the relay could not deliver, and the age of the oldest: at each poll while there
 *   are any, and once when there are none any more (both 0 then).
 * - `write`: a call that writes was resolved; one inside a transaction before its commit. Not emitted for calls that reject.
 * - `fill`: what became of a fill. `refresh`: what became of a refresh before the end; `failed`: the source failed.
 */
export type StoreEvent =
  | {
      readonly type: "read";
      readonly store: string;
      readonly source: "near" | "cache" | "stale" | "database" | "transaction";
      readonly keys: number;
      readonly durationMs: Milliseconds;
    }
  | { readonly type: "write"; readonly store: string; readonly durationMs: Milliseconds }
  | { readonly type: "fill"; readonly store: string; readonly stored: boolean }
  | {
      readonly type: "refresh";
      readonly store: string;
      readonly outcome: "stored" | "refused" | "failed";
    }
  | {
      readonly type: "invalidation";
      readonly store: string;
      readonly keys: number;
      readonly held: number;
      readonly released: number;
    }
  | { readonly type: "hold-unconfirmed"; readonly store: string; readonly keys: number }
  | { readonly type: "release-unconfirmed"; readonly store: string; readonly keys: number }
  | { readonly type: "log-failed"; readonly store: string; readonly keys: number }
  | { readonly type: "cache-failed"; readonly store: string; readonly code: string }
  | { readonly type: "breaker-opened"; readonly cache: string; readonly partition: string }
  | { readonly type: "node-believed"; readonly cache: string; readonly partition: string }
  | {
      readonly type: "backlog";
      readonly cache: string;
      readonly depth: number;
      readonly oldestAgeMs: Milliseconds;
    };

/** Receives the events of stores. Must not throw; called synchronously. */
export interface Observer {
  /** Whether anybody listens: when not, the store does not even make the event. */
  readonly active: boolean;
  emit(event: StoreEvent): void;
}
