import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { MemoryTable } from "./memory-table.js";
import type { MemoryTransaction } from "./memory-transaction.js";

interface LogRow extends InvalidationEntry {
  readonly appendedAtMs: Milliseconds;
}

/** Runs a statement in the surrounding transaction, else in one of its own. */
interface Statements {
  statement<T>(body: (transaction: MemoryTransaction) => Promise<T>): Promise<T>;
}

/** Invalidation log in memory, for tests: one that is to survive a crash has to lie where the data lies. */
export class MemoryInvalidationLog implements InvalidationLog {
  readonly #statements: Statements;
  readonly #clock: Clock;
  readonly #table = new MemoryTable<LogRow>("log");

  constructor(statements: Statements, clock: Clock) {
    this.#statements = statements;
    this.#clock = clock;
  }

  async append(entries: readonly InvalidationEntry[]): Promise<void> {
    const appendedAtMs = this.#clock.monotonicMs();
    await this.#statements.statement(async (transaction) => {
      for (const { id, cache, key } of entries)
        this.#table.put(id, { id, cache, key, appendedAtMs }, transaction);
    });
  }

  async read(cache: string, limit: number, afterId = ""): Promise<readonly InvalidationEntry[]> {
    return this.#rowsOf(cache)
      .filter(({ id }) => id > afterId)
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .slice(0, limit)
      .map(({ id, cache, key }) => ({ id, cache, key }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#statements.statement(async (transaction) => {
      for (const id of ids) {
        await this.#table.lock(id, transaction);
        this.#table.put(id, undefined, transaction);
      }
    });
  }

  async oldestAgeMs(cache: string): Promise<Milliseconds | undefined> {
    const rows = this.#rowsOf(cache);
    if (rows.length === 0) return undefined;
    return this.#clock.monotonicMs() - Math.min(...rows.map(({ appendedAtMs }) => appendedAtMs));
  }

  /** Committed rows only, inside a transaction too. */
  #rowsOf(cache: string): LogRow[] {
    return [...this.#table.rows(undefined)].map(([, row]) => row).filter((row) => row.cache === cache);
  }
}
