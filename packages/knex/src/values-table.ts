import type { ColumnWord, SqlWords, Upsert } from "./dialect/dialect.js";

/**
 * The statements on the table of all collections: `collection`, `item_key`, `value`, `version`, `expires_at`, `fence`.
 *
 * A row is *live* when it has a value and has not ended. A row that is not live counts as none: one that ended, or the remainder of a
 * removed row that keeps its fencing token. Each member says in which order its placeholders are bound.
 */
export class ValuesTable {
  readonly #table: string;
  readonly #sql: SqlWords;
  readonly #reads = new Map<string, string>();

  constructor(table: string, sql: SqlWords) {
    this.#table = table;
    this.#sql = sql;
    this.forUpdateLocksAbsentRows = !sql.absentRowsStayUnlocked;
    const columns = ["collection", "item_key", "value", "version", "expires_at"];
    const insert = { table, key: ["collection", "item_key"] };
    const written = ["version", "expires_at", "value"];
    const standing = (column: string) => `${table}.${column}`;
    const dead = `(${standing("value")} IS NULL OR ${standing("expires_at")} <= ?)`;
    const notFenced = (fresh: ColumnWord) =>
      `(${standing("fence")} IS NULL OR ${standing("fence")} <= ${fresh("fence")})`;
    const keptEnd = `CASE WHEN ${standing("value")} IS NOT NULL AND ${standing("expires_at")} > ? THEN ${standing("expires_at")} END`;
    const upserts = (computed?: Upsert["computed"], when?: string): WriteStatements => ({
      plain: sql.upsert({
        ...insert,
        columns,
        update: written,
        computed,
        when: when === undefined ? undefined : () => when,
      }),
      fenced: sql.upsert({
        ...insert,
        columns: [...columns, "fence"],
        update: [...written, "fence"],
        computed,
        when: (fresh) => (when === undefined ? notFenced(fresh) : `${when} AND ${notFenced(fresh)}`),
      }),
    });
    this.put = upserts();
    this.putKeeping = upserts({ expires_at: keptEnd });
    this.insert = upserts(undefined, dead);
    const one = `WHERE collection = ? AND item_key = ? AND ${live}`;
    const passed = `(fence IS NULL OR fence <= ${sql.integer})`;
    const updates = (columns: string): WriteStatements => ({
      plain: `UPDATE ${table} SET ${columns} ${one} AND version = ?`,
      fenced: `UPDATE ${table} SET ${columns}, fence = ? ${one} AND version = ? AND ${passed}`,
    });
    this.replace = updates("value = ?, version = ?, expires_at = ?");
    this.replaceKeeping = updates("value = ?, version = ?");
    this.delete = `DELETE FROM ${table} ${one} AND fence IS NULL`;
    this.deleteVersion = `${this.delete} AND version = ?`;
    const bury = `UPDATE ${table} SET value = NULL, version = ?, expires_at = ?`;
    this.bury = `${bury} ${one} AND fence IS NOT NULL`;
    this.buryVersion = `${this.bury} AND version = ?`;
    this.buryFenced = `${bury}, fence = ? ${one} AND ${passed}`;
    this.buryVersionFenced = `${this.buryFenced} AND version = ?`;
    this.touch = `UPDATE ${table} SET expires_at = ? ${one}`;
    this.look = `SELECT version, ${live}, (fence IS NOT NULL AND fence > ${sql.integer}), expires_at FROM ${table} WHERE collection = ? AND item_key = ?`;
    this.lookLocking = `${this.look}${sql.forUpdate}`;
    this.lockAbsent = sql.upsert({ ...insert, columns, update: ["version"], when: () => "1 = 0" });
    this.removePlaceholder = `DELETE FROM ${table} WHERE collection = ? AND item_key = ? AND version = ?`;
  }

  /** A key or a value as the table keeps it: what is bound is encoded, what is read decoded. */
  encode(text: string): string {
    return this.#sql.encodeText(text);
  }

  decode(kept: unknown): string {
    return this.#sql.decodeText(String(kept));
  }

  /** Whether a locking read keeps others from inserting the rows it did not find. */
  readonly forUpdateLocksAbsentRows: boolean;

  /** collection, key, value, version, expiry; the token. */
  readonly put: WriteStatements;
  /** As `put`, then now. A live row that is replaced keeps its end. */
  readonly putKeeping: WriteStatements;
  /** As `put`, then now. Writes only where there is no live row. */
  readonly insert: WriteStatements;
  /** value, version, expiry; the token; collection, key, now; the expected version; the token. */
  readonly replace: WriteStatements;
  /** As `replace` without the expiry: the row keeps its end. */
  readonly replaceKeeping: WriteStatements;
  /** collection, key, now. Leaves rows with a token alone. */
  readonly delete: string;
  /** As `delete`, then the expected version. */
  readonly deleteVersion: string;
  /** A new version, the end of the remainder; collection, key, now. Removes a row with a token, and keeps the token. */
  readonly bury: string;
  /** As `bury`, then the expected version. */
  readonly buryVersion: string;
  /** A new version, the end of the remainder, the token; collection, key, now; the token. */
  readonly buryFenced: string;
  /** As `buryFenced`, then the expected version. */
  readonly buryVersionFenced: string;
  /** The new end; collection, key, now. */
  readonly touch: string;
  /** now, token; collection, key. Gives version, whether live, whether a greater token stands, expiry. */
  readonly look: string;
  readonly lookLocking: string;
  /** As `put`. Inserts where there is no row at all, and locks the row in any case. */
  readonly lockAbsent: string;
  /** collection, key, version. */
  readonly removePlaceholder: string;

  /** collection, `keys` keys, now. Gives key, value, version, expiry of live rows. */
  read(keys: number, forUpdate: boolean): string {
    const shape = `${keys}${forUpdate ? " locking" : ""}`;
    const known = this.#reads.get(shape);
    if (known !== undefined) return known;
    const statement = `SELECT item_key, value, version, expires_at FROM ${this.#table} WHERE collection = ? AND item_key IN (${placeholders(keys)}) AND ${live}${forUpdate ? this.#sql.forUpdate : ""}`;
    this.#reads.set(shape, statement);
    return statement;
  }

  /**
   * Two statements for one batch of rows that have ended: collection, now, now less the time for which tokens are kept; and collection,
   * `keys` keys and the same two again, since a row may be written anew in between.
   */
  ended(limit: number): string {
    return `SELECT item_key FROM ${this.#table} WHERE collection = ? AND ${ended} ORDER BY expires_at LIMIT ${limit}`;
  }

  removeEnded(keys: number): string {
    return `DELETE FROM ${this.#table} WHERE collection = ? AND item_key IN (${placeholders(keys)}) AND ${ended}`;
  }
}

/** A write of a row, without a fencing token and with one. */
export interface WriteStatements {
  readonly plain: string;
  readonly fenced: string;
}

const live = "(value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?))";
const ended = "expires_at <= ? AND (fence IS NULL OR expires_at <= ?)";

export function placeholders(count: number): string {
  return Array<string>(count).fill("?").join(", ");
}
