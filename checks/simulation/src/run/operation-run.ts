import type { WriteFacts } from "../oracle/write-facts.js";
import type { Operation } from "../plan/plan.js";

/** One operation under way. */
export interface OperationRun {
  readonly operation: Operation;
  readonly begunAtMs: number;
  /** Its transactions: one for each attempt. */
  readonly writes: WriteFacts[];
  /** Values that it wrote so far. */
  values: number;
}
