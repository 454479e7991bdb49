import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { leakClauses } from "../fixtures/leak-clauses.js";
import { openNewFile } from "../fixtures/sqlite-files.js";
import { classifyMysqlError } from "./dialect/mysql-failures.js";
import { CommitRefused, classifyPostgresError } from "./dialect/postgres-failures.js";
import { classifySqliteError } from "./dialect/sqlite-failures.js";
import { AcquireTimeout, PoolDestroyed, StatementTimeout } from "./failure.js";
import { DriverError, toAsideError } from "./knex-errors.js";

describe("errors of SQLite", () => {
  leakClauses(openNewFile);
});

describe("classifyMysqlError", () => {
  it.each([
    {
      name: "a deadlock",
      error: { errno: 1213, code: "ER_LOCK_DEADLOCK", sqlState: "40001" },
      kind: "conflict",
      lost: "transaction",
    },
    {
      name: "a lock that stayed taken",
      error: { errno: 1205, code: "ER_LOCK_WAIT_TIMEOUT", sqlState: "HY000" },
      kind: "conflict",
      lost: "transaction",
    },
    {
      name: "a serialization failure",
      error: { errno: 9999, sqlState: "40001" },
      kind: "conflict",
      lost: "transaction",
    },
    {
      name: "a duplicate key",
      error: { errno: 1062, code: "ER_DUP_ENTRY", sqlState: "23000" },
      kind: "failed",
      lost: "nothing",
    },
    {
      name: "wrong SQL",
      error: { errno: 1064, code: "ER_PARSE_ERROR", sqlState: "42000" },
      kind: "failed",
      lost: "nothing",
    },
    {
      name: "a missing table",
      error: { errno: 1146, code: "ER_NO_SUCH_TABLE", sqlState: "42S02" },
      kind: "missing-table",
      lost: "nothing",
    },
    {
      name: "a closed port",
      error: { errno: -111, code: "ECONNREFUSED" },
      kind: "unavailable",
      lost: "connection",
    },
    {
      name: "a reset connection",
      error: { errno: -104, code: "ECONNRESET", fatal: true },
      kind: "unavailable",
      lost: "connection",
    },
    {
      name: "a lost connection",
      error: { code: "PROTOCOL_CONNECTION_LOST", fatal: true },
      kind: "unavailable",
      lost: "connection",
    },
    { name: "a closed connection", error: { fatal: true }, kind: "unavailable", lost: "connection" },
    {
      name: "a killed connection",
      error: { errno: 1927, code: "ER_CONNECTION_KILLED", sqlState: "70100" },
      kind: "unavailable",
      lost: "connection",
    },
    {
      name: "too many connections",
      error: { errno: 1040, code: "ER_CON_COUNT_ERROR", sqlState: "08004", fatal: true },
      kind: "unavailable",
      lost: "nothing",
    },
    {
      name: "a wrong password",
      error: { errno: 1045, code: "ER_ACCESS_DENIED_ERROR", sqlState: "28000", fatal: true },
      kind: "unavailable",
      lost: "nothing",
    },
    { name: "Knex's own time-out", error: { name: "KnexTimeoutError" }, kind: "timeout", lost: "nothing" },
    { name: "our wait for a connection", error: new AcquireTimeout(), kind: "timeout", lost: "nothing" },
    { name: "our wait for an answer", error: new StatementTimeout(), kind: "timeout", lost: "connection" },
    { name: "no error at all", error: "text", kind: "failed", lost: "nothing" },
  ])("takes $name for $kind, and $lost for lost", ({ error, kind, lost }) => {
    const found = classifyMysqlError(error);
    assert.equal(found.kind, kind);
    assert.equal(
      found.connectionLost ? "connection" : found.transactionLost ? "transaction" : "nothing",
      lost,
    );
  });
});

describe("classifyPostgresError", () => {
  const report = (code: string, severity = "ERROR") => ({
    code,
    severity,
    detail: "Key (k)=(secret) exists.",
  });
  it.each([
    { name: "a deadlock", error: report("40P01"), kind: "conflict", lost: "transaction" },
    { name: "a serialization failure", error: report("40001"), kind: "conflict", lost: "transaction" },
    { name: "a lock that stayed taken", error: report("55P03"), kind: "conflict", lost: "transaction" },
    { name: "a duplicate key", error: report("23505"), kind: "failed", lost: "nothing" },
    { name: "a full disk", error: report("53100"), kind: "failed", lost: "nothing" },
    { name: "a missing table", error: report("42P01"), kind: "missing-table", lost: "nothing" },
    { name: "a transaction that failed before", error: report("25P02"), kind: "aborted", lost: "nothing" },
    { name: "a COMMIT that was refused", error: new CommitRefused(), kind: "aborted", lost: "transaction" },
    { name: "a statement that was cancelled", error: report("57014"), kind: "timeout", lost: "nothing" },
    {
      name: "a session that was ended",
      error: report("57P01", "FATAL"),
      kind: "unavailable",
      lost: "connection",
    },
    { name: "a server that starts", error: report("57P03", "FATAL"), kind: "unavailable", lost: "nothing" },
    { name: "too many connections", error: report("53300", "FATAL"), kind: "unavailable", lost: "nothing" },
    { name: "a wrong password", error: report("28P01", "FATAL"), kind: "unavailable", lost: "nothing" },
    {
      name: "a plan that is out of date",
      error: { ...report("0A000"), routine: "RevalidateCachedQuery" },
      kind: "conflict",
      lost: "connection",
    },
    { name: "what the server cannot do", error: report("0A000"), kind: "failed", lost: "nothing" },
    { name: "a closed port", error: { code: "ECONNREFUSED" }, kind: "unavailable", lost: "connection" },
    {
      name: "a broken connection",
      error: new Error("Connection terminated unexpectedly"),
      kind: "unavailable",
      lost: "connection",
    },
    {
      name: "pg's own time-out",
      error: new Error("Query read timeout"),
      kind: "timeout",
      lost: "connection",
    },
    { name: "Knex's own time-out", error: { name: "KnexTimeoutError" }, kind: "timeout", lost: "nothing" },
    { name: "our wait for an answer", error: new StatementTimeout(), kind: "timeout", lost: "connection" },
    { name: "a user's error", error: new Error("mine"), kind: "failed", lost: "nothing" },
    { name: "no error at all", error: "text", kind: "failed", lost: "nothing" },
  ])("takes $name for $kind, and $lost for lost", ({ error, kind, lost }) => {
    const found = classifyPostgresError(error);
    assert.equal(found.kind, kind);
    assert.equal(
      found.connectionLost ? "connection" : found.transactionLost ? "transaction" : "nothing",
      lost,
    );
  });
});

describe("classifySqliteError", () => {
  it.each([
    { name: "a locked file", error: { code: "SQLITE_BUSY" }, kind: "conflict" },
    { name: "an old snapshot", error: { code: "SQLITE_BUSY_SNAPSHOT" }, kind: "conflict" },
    { name: "a full disk", error: { code: "SQLITE_FULL" }, kind: "failed" },
    { name: "a file that cannot be opened", error: { code: "SQLITE_CANTOPEN" }, kind: "unavailable" },
    { name: "a failing disk", error: { code: "SQLITE_IOERR_FSYNC" }, kind: "unavailable" },
    { name: "a duplicate key", error: { code: "SQLITE_CONSTRAINT_PRIMARYKEY" }, kind: "failed" },
    {
      name: "a missing table",
      error: { code: "SQLITE_ERROR", message: "no such table: t" },
      kind: "missing-table",
    },
    {
      name: "a closed connection",
      error: new TypeError("The database connection is not open"),
      kind: "unavailable",
    },
    { name: "our wait for a connection", error: new AcquireTimeout(), kind: "timeout" },
    { name: "no error at all", error: undefined, kind: "failed" },
  ])("takes $name for $kind", ({ error, kind }) => {
    assert.equal(classifySqliteError(error).kind, kind);
  });
});

describe("DriverError", () => {
  it("keeps what names the error, and nothing else", () => {
    const original = Object.assign(new Error("insert into `t` values ('x')"), {
      code: "ER_DUP_ENTRY",
      errno: 1062,
      sqlState: "23000",
      sql: "insert into `t` values ('x')",
    });
    const error = new DriverError(original);
    assert.equal(error.message, "ER_DUP_ENTRY, errno 1062, SQLSTATE 23000");
    assert.deepEqual(
      { ...error },
      { code: "ER_DUP_ENTRY", errno: 1062, sqlState: "23000", name: "DriverError" },
    );
  });

  it("tells the SQLSTATE of what PostgreSQL reported, and nothing of its detail", () => {
    const detail = "Key (k)=(secret) already exists.";
    const error = new DriverError({
      code: "23505",
      severity: "ERROR",
      detail,
      message: detail,
      where: detail,
    });
    assert.equal(error.message, "SQLSTATE 23505");
    assert.deepEqual(
      { ...error },
      { code: undefined, errno: undefined, sqlState: "23505", name: "DriverError" },
    );
  });

  it("takes no field for a name of the driver that does not look like one", () => {
    const error = new DriverError({ code: "the value 'x'", errno: "x", sqlState: "value" });
    assert.equal(error.message, "an error without a code");
  });

  it("says that the caller's Knex is gone", () => {
    const destroyed = new PoolDestroyed();
    assert.equal(toAsideError(classifySqliteError(destroyed), destroyed).code, "CLOSED");
  });
});
