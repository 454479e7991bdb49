import type { SqlWords, TableNames, Upsert } from "./dialect.js";

/** At most 64 characters, of which case counts for nothing, for the whole server: so a hash that knows the database. */
const lockName = "SHA2(CONCAT(CAST(COALESCE(DATABASE(), '') AS BINARY), '/', CAST(? AS BINARY)), 224)";

/** The SQL of MySQL and MariaDB. */
export const mysqlSql: SqlWords = Object.freeze({
  upsert,
  forUpdate: " FOR UPDATE",
  absentRowsStayUnlocked: true,
  integer: "CAST(? AS SIGNED)",
  // In UTC, since UNIX_TIMESTAMP(NOW(3)) is ambiguous in the hour in which summer time ends.
  nowMs: "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)",
  sessionLock: Object.freeze({
    take: `SELECT GET_LOCK(${lockName}, 0)`,
    release: `SELECT RELEASE_LOCK(${lockName})`,
  }),
  encodeText: (text: string) => text,
  decodeText: (kept: string) => kept,
  createTables,
  transactionalSchema: false,
});

/** `insertId` of an upsert whose condition did not hold: see below. */
export const refusedMark = 1;
const writtenMark = 2;

/**
 * One statement that locks the row, checks and writes. The number of affected rows does not tell an insert from an update that
 * changed nothing, since mysql2 asks for found rows; `LAST_INSERT_ID(n)` puts the verdict into the reply instead: nothing
 * for an insert, 1 for a refusal, 2 for an update. The later columns go by the first one, which is fresh only if it was just written:
 * assignments go from left to right (a session where they do not is refused).
 */
function upsert({ table, columns, values, update, computed, when }: Upsert): string {
  const fresh = (column: string) => `VALUES(${column})`;
  const next = (column: string) => computed?.[column] ?? fresh(column);
  const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((column) => values?.[column] ?? "?").join(", ")})`;
  const [first, ...rest] = update as [string, ...string[]];
  const assignments =
    when === undefined
      ? update.map((column) => `${column} = ${next(column)}`)
      : [
          `${first} = IF(LAST_INSERT_ID(IF(${when(fresh)}, ${writtenMark}, ${refusedMark})) = ${writtenMark}, ${fresh(first)}, ${first})`,
          ...rest.map((column) => `${column} = IF(${first} = ${fresh(first)}, ${next(column)}, ${column})`),
        ];
  return `${insert} ON DUPLICATE KEY UPDATE ${assignments.join(", ")}`;
}

/**
 * Keys are bytes, so that case, accents and blanks at the end tell them apart in every version of the server. No unique index but the
 * primary key, since ON DUPLICATE KEY UPDATE deadlocks on the others. CREATE TABLE IF NOT EXISTS may be run by many at once.
 */
function createTables({ values, invalidations, locks }: TableNames): readonly string[] {
  const engine = "ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4";
  return [
    `CREATE TABLE IF NOT EXISTS ${values} (
      collection VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      item_key VARBINARY(1024) NOT NULL,
      value LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
      version VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      expires_at BIGINT NULL,
      fence BIGINT NULL,
      PRIMARY KEY (collection, item_key),
      INDEX ${values}_expiry (collection, expires_at)
    ) ${engine}`,
    `CREATE TABLE IF NOT EXISTS ${invalidations} (
      id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      cache VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      cache_key VARBINARY(4096) NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (id),
      INDEX ${invalidations}_cache (cache, id)
    ) ${engine}`,
    `CREATE TABLE IF NOT EXISTS ${locks} (
      name VARBINARY(1024) NOT NULL,
      owner VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      token BIGINT NOT NULL,
      ends_at BIGINT NOT NULL,
      PRIMARY KEY (name)
    ) ${engine}`,
  ];
}
