import type { Dialect } from "./dialect.js";
import { classifyMysqlError } from "./mysql-failures.js";
import { MysqlSession } from "./mysql-session.js";
import { mysqlSql } from "./mysql-sql.js";

/** MySQL 5.7 and newer and MariaDB 10.2 and newer, through mysql2. */
export const mysqlDialect: Dialect = Object.freeze({
  name: "mysql",
  sql: mysqlSql,
  openReader: () => undefined,
  session: (connection, limits) => MysqlSession.open(connection, limits),
  classify: classifyMysqlError,
} satisfies Dialect);
