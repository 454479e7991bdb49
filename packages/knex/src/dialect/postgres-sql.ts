import type { SqlWords, TableNames } from "./dialect.js";
import { escapeNul, restoreNul } from "./nul-escapes.js";
import { upsertOnConflict } from "./on-conflict.js";

/** The SQL of PostgreSQL. */
export const postgresSql: SqlWords = Object.freeze({
  upsert: upsertOnConflict,
  forUpdate: " FOR UPDATE",
  absentRowsStayUnlocked: true,
  integer: "CAST(? AS BIGINT)",
  // Not NOW(), which is the begin of the transaction.
  nowMs: "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)",
  // A hash of 64 bits: two names that share one keep each other waiting, in one of 10^19 cases.
  sessionLock: Object.freeze({
    take: "SELECT pg_try_advisory_lock(hashtextextended(?, 4096))",
    release: "SELECT pg_advisory_unlock(hashtextextended(?, 4096))",
  }),
  encodeText: escapeNul,
  decodeText: restoreNul,
  createTables,
  transactionalSchema: true,
});

/**
 * Keys are compared byte by byte, whatever the collation of the database. Two that create a table at once would get in each other's way in the
 * catalogue, IF NOT EXISTS or not: so they take their turns.
 */
function createTables({ values, invalidations, locks }: TableNames): readonly string[] {
  return [
    `SELECT pg_advisory_xact_lock(hashtextextended('@aside/knex ${values}', 0))`,
    `CREATE TABLE IF NOT EXISTS ${values} (
      collection VARCHAR(64) COLLATE "C" NOT NULL,
      item_key TEXT COLLATE "C" NOT NULL,
      value TEXT,
      version VARCHAR(32) COLLATE "C" NOT NULL,
      expires_at BIGINT,
      fence BIGINT,
      PRIMARY KEY (collection, item_key)
    )`,
    `CREATE INDEX IF NOT EXISTS ${values}_expiry ON ${values} (collection, expires_at)`,
    `CREATE TABLE IF NOT EXISTS ${invalidations} (
      id VARCHAR(64) COLLATE "C" NOT NULL,
      cache VARCHAR(64) COLLATE "C" NOT NULL,
      cache_key TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    `CREATE INDEX IF NOT EXISTS ${invalidations}_cache ON ${invalidations} (cache, id)`,
    `CREATE TABLE IF NOT EXISTS ${locks} (
      name TEXT COLLATE "C" NOT NULL,
      owner VARCHAR(32) COLLATE "C" NOT NULL,
      token BIGINT NOT NULL,
      ends_at BIGINT NOT NULL,
      PRIMARY KEY (name)
    )`,
  ];
}
