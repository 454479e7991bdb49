import { AcquireTimeout, type Failure, failure, PoolDestroyed, StatementTimeout } from "../failure.js";

/** Fields that errors of mysql2, of Node's sockets and of Knex's pool may have. */
interface DriverFields {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly sqlState?: unknown;
  readonly fatal?: unknown;
}

/**
 * Server errors by number (MySQL and MariaDB, "Server Error Message Reference"). A lock that was waited for too long may or may not
 * have cost the whole transaction (`innodb_rollback_on_timeout`), so it is taken for lost.
 */
const conflicts = new Set([
  1020, // ER_CHECKREAD: the row changed since the snapshot (MariaDB, innodb_snapshot_isolation)
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  3101, // ER_TRANSACTION_ROLLBACK_DURING_COMMIT
  3572, // ER_LOCK_NOWAIT
]);
const endOfConnection = new Set([
  1053, // ER_SERVER_SHUTDOWN
  1077, // ER_NORMAL_SHUTDOWN
  1079, // ER_SHUTDOWN_COMPLETE
  1158, // ER_NET_READ_ERROR
  1159, // ER_NET_READ_INTERRUPTED
  1160, // ER_NET_ERROR_ON_WRITE
  1161, // ER_NET_WRITE_INTERRUPTED
  1927, // ER_CONNECTION_KILLED (MariaDB)
  3169, // ER_SESSION_WAS_KILLED
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
]);
const noConnection = new Set([
  1040, // ER_CON_COUNT_ERROR: too many connections
  1044, // ER_DBACCESS_DENIED_ERROR
  1045, // ER_ACCESS_DENIED_ERROR
  1049, // ER_BAD_DB_ERROR
  1129, // ER_HOST_IS_BLOCKED
  1130, // ER_HOST_NOT_PRIVILEGED
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1226, // ER_USER_LIMIT_REACHED
]);
const missingTable = 1146;

/** What a rejected statement, connection or acquisition means. */
export function classifyMysqlError(error: unknown): Failure {
  if (error instanceof StatementTimeout) return failure("timeout", "connection");
  if (error instanceof AcquireTimeout) return failure("timeout");
  if (error instanceof PoolDestroyed) return failure("unavailable");
  if (typeof error !== "object" || error === null) return failure("failed");
  const { name, code, errno, sqlState, fatal } = error as DriverFields;
  if (name === "KnexTimeoutError") return failure("timeout");
  if (typeof errno === "number" && errno > 0) {
    if (conflicts.has(errno)) return failure("conflict", "transaction");
    if (endOfConnection.has(errno)) return failure("unavailable", "connection");
    if (noConnection.has(errno)) return failure("unavailable");
    if (errno === missingTable) return failure("missing-table");
  }
  if (typeof sqlState === "string" && sqlState.startsWith("40")) return failure("conflict", "transaction");
  // Sockets: ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, ENOTFOUND ...; mysql2: PROTOCOL_CONNECTION_LOST and everything fatal.
  if (fatal === true || (typeof code === "string" && /^(E[A-Z]{2,}|PROTOCOL_[A-Z_]+)$/.test(code))) {
    return failure("unavailable", "connection");
  }
  return failure("failed");
}

/** Whether the server itself said that it rolled back, in answer to COMMIT. */
export function saysRolledBack(error: unknown): boolean {
  return classifyMysqlError(error).kind === "conflict";
}
