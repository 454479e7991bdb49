import type { SqlWords } from "./dialect/dialect.js";

/**
 * The statements on the table of lease locks: `name`, `owner`, `token`, `ends_at`. A lock is taken while `ends_at` lies in the future of the
 * database's clock, the only one that is asked. Rows are never deleted, so that tokens grow for ever. Each member says in which
 * order its placeholders are bound.
 */
export class LeaseTable {
  /** name, owner, ttl. Writes only where the lock is free. */
  readonly take: string;
  /** name, owner. Gives the token, while the lock is this owner's. */
  readonly tokenOf: string;
  /** name. Gives 1 while the lock is taken. */
  readonly isTaken: string;
  /** ttl; name, owner. Only while the lock is this owner's. */
  readonly extend: string;
  /** name, owner. */
  readonly release: string;

  constructor(table: string, sql: SqlWords) {
    const standing = (column: string) => `${table}.${column}`;
    const taken = `ends_at > ${sql.nowMs}`;
    const end = `${sql.nowMs} + ${sql.integer}`;
    this.take = sql.upsert({
      table,
      columns: ["name", "owner", "token", "ends_at"],
      values: { token: "1", ends_at: end },
      key: ["name"],
      update: ["owner", "token", "ends_at"],
      computed: { token: `${standing("token")} + 1` },
      when: () => `${standing("ends_at")} <= ${sql.nowMs}`,
    });
    const mine = `WHERE name = ? AND owner = ? AND ${taken}`;
    this.tokenOf = `SELECT token FROM ${table} ${mine}`;
    this.isTaken = `SELECT 1 FROM ${table} WHERE name = ? AND ${taken}`;
    this.extend = `UPDATE ${table} SET ends_at = ${end} ${mine}`;
    this.release = `UPDATE ${table} SET ends_at = 0 WHERE name = ? AND owner = ?`;
  }
}
