import { AcquireTimeout, type Failure, failure, PoolDestroyed, StatementTimeout } from "../failure.js";

/** Fields that errors of pg, of Node's sockets and of Knex's pool may have. */
interface DriverFields {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly severity?: unknown;
  readonly routine?: unknown;
}

/** COMMIT was answered by a rollback: a statement had failed, and the transaction with it. */
export class CommitRefused extends Error {
  override readonly name = "CommitRefused";
  readonly code = "COMMIT_REFUSED";
}

/** SQLSTATEs (PostgreSQL, "Appendix A. Error Codes"), whole or by their class. */
const conflicts = /^(40(?!003)|55P03)/; // serialization failure, deadlock; a lock that stayed taken
const endOfConnection = /^(08|57P0[1245]|25P0[34]|40003)/;
const noConnection = /^(57P03|53300|28|3D000)/; // starting up or down, too many clients, not let in, no such database
const cancelled = "57014";
const aborted = "25P02";
const missingTable = "42P01";

/** pg's own errors have no code; the texts hold no value (`pg/lib/client.js`). */
const brokenConnection =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired$|timeout exceeded when trying to connect)/;

/** What a rejected statement, connection or acquisition means. */
export function classifyPostgresError(error: unknown): Failure {
  if (error instanceof StatementTimeout) return failure("timeout", "connection");
  if (error instanceof AcquireTimeout) return failure("timeout");
  if (error instanceof PoolDestroyed) return failure("unavailable");
  if (error instanceof CommitRefused) return failure("aborted", "transaction");
  if (typeof error !== "object" || error === null) return failure("failed");
  const { name, code, message, severity } = error as DriverFields;
  if (name === "KnexTimeoutError") return failure("timeout");
  if (typeof severity === "string") return classifyReport(error);
  if (message === "Query read timeout") return failure("timeout", "connection");
  const isSocketError = typeof code === "string" && /^E[A-Z]{2,}$/.test(code);
  if (isSocketError || (typeof message === "string" && brokenConnection.test(message))) {
    return failure("unavailable", "connection");
  }
  return failure("failed");
}

/** What the server itself reported. */
function classifyReport({ code, severity, routine }: DriverFields): Failure {
  const state = String(code);
  // The server planned a statement of ours before a column changed its type: another connection plans it anew.
  if (state === "0A000" && routine === "RevalidateCachedQuery") return failure("conflict", "connection");
  if (conflicts.test(state)) return failure("conflict", "transaction");
  if (noConnection.test(state)) return failure("unavailable");
  if (endOfConnection.test(state) || severity === "FATAL" || severity === "PANIC") {
    return failure("unavailable", "connection");
  }
  if (state === cancelled) return failure("timeout");
  if (state === aborted) return failure("aborted");
  if (state === missingTable) return failure("missing-table");
  return failure("failed");
}

/** Whether an error in answer to COMMIT says that nothing was committed. Once it is recorded the server ends the session rather than report an error. */
export function saysRolledBack(error: unknown): boolean {
  return error instanceof CommitRefused || (error as DriverFields | null)?.severity === "ERROR";
}
