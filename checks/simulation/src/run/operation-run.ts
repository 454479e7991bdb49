import type { WriteFacts } from "../oracle/write-facts.js";
import type { Operation } from "../plan/plan.js";

/** One operation under way. */
export interface OperationRun {
  readonly operation: Operation;
  readonly begunAtMs: number;
  /** Its transactions: one for each attempt. */
  readonly writes: WriteFacts[];
  /** How long it waited for the database. */
  databaseMs: number;
  /** How long it may have paused between its attempts. */
  pausesMs: number;
  /** Reads past no transaction: each may wait for the cache. */
  reads: number;
  /** Values that it wrote so far. */
  values: number;
}
