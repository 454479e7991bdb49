import type { SqlWords, TableNames } from "./dialect.js";
import { upsertOnConflict } from "./on-conflict.js";

/** The SQL of SQLite 3.42 and newer. */
export const sqliteSql: SqlWords = Object.freeze({
  upsert: upsertOnConflict,
  // A transaction has the whole database to itself as soon as it began.
  forUpdate: "",
  absentRowsStayUnlocked: false,
  integer: "?",
  nowMs: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  encodeText: (text: string) => text,
  decodeText: (kept: string) => kept,
  createTables,
  transactionalSchema: true,
});

/** Text is compared byte by byte (collation BINARY), blanks at the end included. */
function createTables({ values, invalidations, locks }: TableNames): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${values} (
      collection TEXT NOT NULL,
      item_key TEXT NOT NULL,
      value TEXT,
      version TEXT NOT NULL,
      expires_at INTEGER,
      fence INTEGER,
      PRIMARY KEY (collection, item_key)
    )`,
    `CREATE INDEX IF NOT EXISTS ${values}_expiry ON ${values} (collection, expires_at)`,
    `CREATE TABLE IF NOT EXISTS ${invalidations} (
      id TEXT NOT NULL,
      cache TEXT NOT NULL,
      cache_key TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (id)
    ) WITHOUT ROWID`,
    `CREATE INDEX IF NOT EXISTS ${invalidations}_cache ON ${invalidations} (cache, id)`,
    `CREATE TABLE IF NOT EXISTS ${locks} (
      name TEXT NOT NULL,
      owner TEXT NOT NULL,
      token INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (name)
    ) WITHOUT ROWID`,
  ];
}
