import { AsideError, type InvalidationEntry, type InvalidationLog, type Milliseconds } from "@aside/core";
import { listPieces, rowPieces } from "./batches.js";
import type { SqlValue, SqlWords } from "./dialect/dialect.js";
import type { StatementExecutor } from "./statement-executor.js";
import { placeholders } from "./values-table.js";

const maxIdLength = 64;
const maxCacheLength = 64;
const maxKeyBytes = 4_096;

/** The invalidation log as a table of the database. Within a transaction its calls belong to it. */
export class KnexInvalidationLog implements InvalidationLog {
  readonly #table: string;
  readonly #sql: SqlWords;
  readonly #statements: <T>(work: (executor: StatementExecutor) => Promise<T>) => Promise<T>;

  constructor(
    table: string,
    sql: SqlWords,
    statements: <T>(work: (executor: StatementExecutor) => Promise<T>) => Promise<T>,
  ) {
    this.#table = table;
    this.#sql = sql;
    this.#statements = statements;
  }

  async append(entries: readonly InvalidationEntry[]): Promise<void> {
    for (const entry of entries) checkEntry(entry);
    if (entries.length === 0) return;
    // A call that stands alone and takes several statements may leave some of its rows behind when it fails: one
    // key too many is removed from the cache then, which does no harm.
    await this.#statements(async (executor) => {
      for (const piece of rowPieces(entries)) {
        const row = `(?, ?, ?, ${this.#sql.nowMs})`;
        const rows = Array<string>(piece.length).fill(row).join(", ");
        const bindings = piece.flatMap(({ id, cache, key }): SqlValue[] => [id, cache, key]);
        await executor.execute(
          `INSERT INTO ${this.#table} (id, cache, cache_key, created_at) VALUES ${rows}`,
          bindings,
        );
      }
    });
  }

  async read(cache: string, limit: number, afterId = ""): Promise<readonly InvalidationEntry[]> {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new TypeError("InvalidationLog: `limit` is a whole number of at least 1.");
    }
    return this.#statements(async (executor) => {
      const { rows } = await executor.query(
        `SELECT id, cache_key FROM ${this.#table} WHERE cache = ? AND id > ? ORDER BY id LIMIT ${limit}`,
        [cache, afterId],
      );
      return Array.from(rows, ([id, key]) => ({ id: String(id), cache, key: String(key) }));
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    // In one order for all: relays that delete the same rows at once do not lock each other out.
    const inOrder = [...new Set(ids)].sort();
    await this.#statements(async (executor) => {
      for (const piece of listPieces(inOrder)) {
        await executor.execute(
          `DELETE FROM ${this.#table} WHERE id IN (${placeholders(piece.length)})`,
          piece,
        );
      }
    });
  }

  async oldestAgeMs(cache: string): Promise<Milliseconds | undefined> {
    return this.#statements(async (executor) => {
      const { rows } = await executor.query(
        `SELECT ${this.#sql.nowMs} - MIN(created_at) FROM ${this.#table} WHERE cache = ?`,
        [cache],
      );
      const ageMs = rows[0]?.[0];
      // The clock of the database may have been set back meanwhile.
      return ageMs === null || ageMs === undefined ? undefined : Math.max(0, Number(ageMs));
    });
  }
}

/** A database that is not strict would cut what is too long, and the relay would remove another key. */
function checkEntry({ id, cache, key }: InvalidationEntry): void {
  if (id.length < 1 || id.length > maxIdLength || cache.length > maxCacheLength) {
    throw new TypeError(`InvalidationLog: ids and names of caches have at most ${maxIdLength} characters.`);
  }
  if (Buffer.byteLength(key) > maxKeyBytes) {
    throw new AsideError("INVALID_KEY", `The invalidation log takes keys of at most ${maxKeyBytes} bytes.`, {
      key,
    });
  }
}
