import type { Upsert } from "./dialect.js";

/** The upsert of SQLite and PostgreSQL. Where its condition does not hold it changes no row; PostgreSQL locks it all the same. */
export function upsertOnConflict({ table, columns, values, key, update, computed, when }: Upsert): string {
  const fresh = (column: string) => `excluded.${column}`;
  const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((column) => values?.[column] ?? "?").join(", ")})`;
  const assignments = update.map((column) => `${column} = ${computed?.[column] ?? fresh(column)}`).join(", ");
  const condition = when === undefined ? "" : ` WHERE ${when(fresh)}`;
  return `${insert} ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${assignments}${condition}`;
}
