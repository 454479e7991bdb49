import type { Dialect } from "./dialect.js";
import { classifyPostgresError } from "./postgres-failures.js";
import { PostgresSession } from "./postgres-session.js";
import { postgresSql } from "./postgres-sql.js";

/** PostgreSQL 13 and newer, through pg. */
export const postgresDialect: Dialect = Object.freeze({
  name: "postgres",
  sql: postgresSql,
  openReader: () => undefined,
  session: (connection, limits) => PostgresSession.open(connection, limits),
  classify: classifyPostgresError,
} satisfies Dialect);
