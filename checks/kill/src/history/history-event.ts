import type { StoreEvent } from "@aside/core";

/** Instants are milliseconds of the {@link RunClock}. */
export type RunMs = number;

/**
 * One thing whose states are numbered in the order of their commits: a row, or one part of a derived value. State 0 is
 * what stood there when the run began.
 */
export type RegisterId = string;

/** What a read found in one register. */
export interface Seen {
  readonly register: RegisterId;
  /** `"absent"`: nothing. Then only the history tells which of the removals it may have been. */
  readonly state: number | "absent";
  /** Id of the write that the value carries. */
  readonly by?: string;
}

/** `"row"`: straight from the database, read by the parent. The others as core tells them. */
export type ReadSource = "near" | "cache" | "stale" | "database" | "transaction" | "row";

/** What became of a write, as its caller knows it. */
export type WriteOutcome = "committed" | "rolled-back" | "unknown";

/** One request to the cache, as the store made it. `look`: a read of a key, recorded where it found no value. */
export type CacheStep = "add" | "set" | "compare-and-set" | "delete" | "look" | "connect";

/** What stood in the bytes that a step brought, or found. */
export type CacheKind = "value" | "absence" | "lease" | "hold" | "nothing";

/** `refused`: a lost race. `failed`: outcome unknown. */
export type StepOutcome = "done" | "refused" | "failed";

/** A line of the history of one process, written the moment it is known, so that a `kill -9` loses nothing that was told. */
export type HistoryEvent =
  /** The process is alive. A gap between two of them is a pause, whoever caused it. */
  | { readonly type: "beat"; readonly atMs: RunMs }
  | {
      readonly type: "read";
      readonly beginMs: RunMs;
      readonly endMs: RunMs;
      readonly source: ReadSource;
      readonly seen: readonly Seen[];
    }
  | { readonly type: "read-failed"; readonly beginMs: RunMs; readonly endMs: RunMs; readonly code: string }
  /** Written before the write is issued. */
  | { readonly type: "write-began"; readonly write: string; readonly what: string; readonly atMs: RunMs }
  /** Inside the transaction, under the row's lock: it will leave the register in this state, if it commits. */
  | {
      readonly type: "attempt";
      readonly write: string;
      readonly register: RegisterId;
      readonly state: number;
      readonly absent: boolean;
      readonly atMs: RunMs;
    }
  /** The transaction has ended; releases begin. The caller is told later. */
  | {
      readonly type: "transaction-ended";
      readonly write: string;
      readonly outcome: WriteOutcome;
      readonly atMs: RunMs;
    }
  | {
      readonly type: "write-ended";
      readonly write: string;
      readonly outcome: WriteOutcome;
      readonly code?: string;
      readonly atMs: RunMs;
    }
  /** An event of the library. `store`: absent for those of a cache node, which name the `node`; `write`: in whose context, where it was in one. */
  | {
      readonly type: "told";
      readonly event: StoreEvent["type"];
      readonly store?: string;
      readonly node?: string;
      readonly write?: string;
      readonly atMs: RunMs;
    }
  | {
      readonly type: "cache";
      readonly step: CacheStep;
      /** As the cache knows it; for `connect` the node. */
      readonly key: string;
      readonly kind?: CacheKind;
      readonly outcome: StepOutcome;
      /** Which hold, where it concerns one: all steps of one hold carry the same id. */
      readonly hold?: string;
      readonly beginMs: RunMs;
      readonly endMs: RunMs;
    };

/** What the parent did to a process. */
export interface Fault {
  readonly kind:
    | "worker-killed"
    | "worker-stopped"
    | "cache-killed"
    | "cache-stopped"
    | "cache-cut"
    | "database-killed"
    | "database-stopped";
  /** Name of the process for a worker, of the node for a cache; empty for the database. */
  readonly target: string;
  /** Nothing of it had happened before. */
  readonly beginMs: RunMs;
  /** From here on it had taken effect: the process was gone, or stood still. */
  readonly effectMs: RunMs;
  /** It was over: the process answered again, or (a worker that was killed) nothing of it ran any more. */
  readonly endMs: RunMs;
}
