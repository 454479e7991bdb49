import knexFactory, { type Knex } from "knex";
import type { Dialect } from "./dialect.js";
import { classifySqliteError } from "./sqlite-failures.js";
import { SqliteSession } from "./sqlite-session.js";
import { sqliteSql } from "./sqlite-sql.js";

/** SQLite through better-sqlite3. */
export const sqliteDialect: Dialect = Object.freeze({
  name: "sqlite",
  sql: sqliteSql,
  openReader,
  session: (connection, limits) => SqliteSession.open(connection, limits),
  classify: classifySqliteError,
} satisfies Dialect);

interface SqliteClient {
  readonly config: Knex.Config;
  readonly connectionSettings?: { readonly filename?: unknown };
}

/**
 * A second connection to the file. A database in memory exists in its one connection only: there reads outside a transaction
 * wait in the pool for their turn, and so never see what is not committed.
 * @throws {TypeError} for a pool that a database of this kind cannot have.
 */
function openReader(knex: Knex): Knex | undefined {
  const { config, connectionSettings } = knex.client as SqliteClient;
  if (typeof config.connection === "function") {
    throw new TypeError(
      "KnexDatabase: `connection` of a Knex for SQLite must not be a function: its file is needed at once.",
    );
  }
  if (config.connectionPool !== undefined) {
    throw new TypeError(
      "KnexDatabase: a Knex for SQLite has its own pool, not `connectionPool`: a second connection is opened from its settings.",
    );
  }
  const { pool } = config;
  if ((pool?.max ?? 1) > 1) {
    throw new TypeError(
      "KnexDatabase: a Knex for SQLite needs `pool.max` 1 (Knex's default): SQLite has one writer, and a second connection of the same process would only wait for it.",
    );
  }
  if (inMemory(connectionSettings?.filename)) {
    if ((pool?.min ?? 1) < 1) {
      throw new TypeError(
        "KnexDatabase: a Knex for SQLite in memory needs `pool.min` 1 (Knex's default): without its connection the database is gone.",
      );
    }
    return undefined;
  }
  return knexFactory({
    ...config,
    pool: { ...pool, min: 0, max: 1, afterCreate: forReadsAlone(pool?.afterCreate) },
    log: silent,
  });
}

type AfterCreate = NonNullable<Knex.PoolConfig["afterCreate"]>;

/** A write over this connection would wait for a transaction of its own process, with the event loop standing still: it is refused. */
function forReadsAlone(callersOwn: AfterCreate | undefined): AfterCreate {
  const close: AfterCreate = (connection: { pragma(text: string): unknown }, done: () => void) => {
    connection.pragma("query_only = 1");
    done();
  };
  if (callersOwn === undefined) return close;
  return (connection: never, done: (error?: unknown) => void) => {
    callersOwn(connection, (error?: unknown) => (error ? done(error) : close(connection, done)));
  };
}

function inMemory(filename: unknown): boolean {
  return (
    typeof filename !== "string" ||
    filename === "" ||
    filename === ":memory:" ||
    /[:?&]mode=memory|:memory:/.test(filename)
  );
}

const nothing = (): void => undefined;

/** Knex prints errors, and what they carry, unless it is told where to put them. */
const silent: Knex.Logger = Object.freeze({
  warn: nothing,
  error: nothing,
  deprecate: nothing,
  debug: nothing,
});
