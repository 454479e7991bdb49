import type { NodeState } from "../flow/cache-nodes.js";
import type { Backlog } from "../flow/invalidation-relay.js";
import type { Milliseconds } from "../time/clock.js";

/** How long calls of one kind took, from the call to its answer. Exact to about a hundredth. */
export interface Latency {
  /** How many calls. */
  readonly calls: number;
  readonly meanMs: Milliseconds;
  readonly p50Ms: Milliseconds;
  readonly p95Ms: Milliseconds;
  readonly p99Ms: Milliseconds;
  readonly maxMs: Milliseconds;
}

/** Where the answers of reads came from. */
export type ReadSource = "near" | "cache" | "stale" | "database" | "transaction";

/**
 * What a store has done in this process since it was made. Counts only grow: two snapshots give a rate. Without keys or values.
 */
export interface StoreStats {
  /** Keys that were read, by what answered: this process, the cache, a value that had ended, the database or a loader, the transaction of the caller. */
  readonly reads: Readonly<Record<ReadSource, number>>;
  /** Keys that no cache answered. */
  readonly misses: number;
  /** Callers that shared the flight of another one. */
  readonly shared: number;
  /** What became of fills. Refused: somebody wrote the key meanwhile, or the cache did not answer. */
  readonly fills: { readonly stored: number; readonly refused: number };
  /** What became of refreshes before the end. Failed: the source did. */
  readonly refreshes: { readonly stored: number; readonly refused: number; readonly failed: number };
  /** Keys of committed writes: how many were held in the cache at the commit, and confirmed as removed after it; the others stand in the log. */
  readonly writes: { readonly keys: number; readonly held: number; readonly released: number };
  /** Cache steps of reads that failed or missed their deadline. */
  readonly cacheFailures: number;
  /** Releases that could be neither confirmed nor logged. Every one of them may mean a stale copy: the store goes on trying. */
  readonly unlogged: number;
  /** Calls that read, by the source that answered, and calls that wrote. Absent: there were none. */
  readonly latency: { readonly [kind in ReadSource | "write"]?: Latency };
  /** Entries of the near cache, and what they take, about; absent without one. */
  readonly near: { readonly entries: number; readonly bytes: number } | undefined;
  /** What the invalidation log held for this cache at the last poll; absent without a log, or before the first poll. */
  readonly log: Backlog | undefined;
  /** Each cache node that was used, with the state of its breaker. */
  readonly nodes: readonly NodeState[];
}
