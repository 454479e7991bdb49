/** What an error of a driver means to Aside. */
export interface Failure {
  readonly kind:
    | "unavailable"
    | "timeout"
    | "conflict"
    | "missing-table"
    /** An earlier statement failed, and the transaction takes no more. */
    | "aborted"
    /** Anything else: the statement is at fault, not the moment. */
    | "failed";
  /** The connection broke or must not be used any more. */
  readonly connectionLost: boolean;
  /** The database has rolled back the whole transaction, not only the statement. */
  readonly transactionLost: boolean;
}

export function failure(kind: Failure["kind"], lost?: "connection" | "transaction"): Failure {
  return Object.freeze({
    kind,
    connectionLost: lost === "connection",
    transactionLost: lost !== undefined,
  });
}

/** A statement got no answer within its time. */
export class StatementTimeout extends Error {
  override readonly name = "StatementTimeout";
  readonly code = "STATEMENT_TIMEOUT";
}

/** No connection of the pool came free in time. */
export class AcquireTimeout extends Error {
  override readonly name = "AcquireTimeout";
  readonly code = "ACQUIRE_TIMEOUT";
}

/** The caller's Knex instance was destroyed. */
export class PoolDestroyed extends Error {
  override readonly name = "PoolDestroyed";
  readonly code = "POOL_DESTROYED";
}
