import type { Knex } from "knex";
import type { Dialect } from "./dialect.js";
import { mysqlDialect } from "./mysql.js";
import { postgresDialect } from "./postgres.js";
import { sqliteDialect } from "./sqlite.js";

/** By the name of the driver, which a Knex client has whether it was given by name or as a class. */
const dialects: Readonly<Record<string, Dialect>> = Object.freeze({
  mysql2: mysqlDialect,
  pg: postgresDialect,
  "better-sqlite3": sqliteDialect,
});

/** @throws {TypeError} for what is not a Knex instance on one of the known drivers. */
export function findDialect(knex: Knex): Dialect {
  const client = (knex as Knex | undefined)?.client as { readonly driverName?: unknown } | undefined;
  if (typeof knex !== "function" || client === undefined) {
    throw new TypeError(
      "KnexDatabase: the first argument is a Knex instance, as `knex({ client, connection })` makes it.",
    );
  }
  if ((knex as { readonly isTransaction?: boolean }).isTransaction === true) {
    throw new TypeError("KnexDatabase: takes the Knex instance itself, not one of its transactions.");
  }
  const { driverName } = client;
  const dialect =
    typeof driverName === "string" && Object.hasOwn(dialects, driverName) ? dialects[driverName] : undefined;
  if (dialect !== undefined) return dialect;
  const known = Object.keys(dialects)
    .map((name) => `"${name}"`)
    .join(", ");
  throw new TypeError(
    `KnexDatabase: works with the Knex clients ${known}; this one is "${String(driverName)}".`,
  );
}
