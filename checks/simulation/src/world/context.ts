import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientTransaction } from "../database/client-transaction.js";
import type { OperationRun } from "../run/operation-run.js";
import type { SimProcess } from "./sim-process.js";

/** On whose behalf something happens. Follows the asynchronous flow, through timers too. */
export interface Context {
  readonly process: SimProcess;
  readonly operation: OperationRun | undefined;
  /** The ambient transaction. */
  readonly transaction: ClientTransaction | undefined;
}

export const context = new AsyncLocalStorage<Context>();
