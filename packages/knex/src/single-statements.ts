import type { ConnectionPool } from "./connection-pool.js";
import type { Dialect, Session, SqlValue, StatementResult } from "./dialect/dialect.js";
import { toAsideError } from "./knex-errors.js";
import { type RetryLimits, retry } from "./retry.js";
import type { StatementExecutor } from "./statement-executor.js";

export interface SingleStatementsOptions extends RetryLimits {
  readonly dialect: Dialect;
  /** For reads: on SQLite not the one connection that writes. */
  readonly readers: ConnectionPool;
  readonly writers: ConnectionPool;
}

/** Statements outside of every transaction: each commits by itself, and is repeated only where it certainly did nothing. */
export class SingleStatements implements StatementExecutor {
  readonly inTransaction = false;
  readonly #options: SingleStatementsOptions;

  constructor(options: SingleStatementsOptions) {
    this.#options = options;
  }

  async query(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult> {
    const { dialect, readers } = this.#options;
    // A pooled connection may have died unseen while nobody used it: a read is asked once more, over another one.
    const isTransient = (error: unknown, attempt: number) => {
      const { kind, connectionLost } = dialect.classify(error);
      return kind === "conflict" || (kind === "unavailable" && connectionLost && attempt === 1);
    };
    try {
      return await retry(
        this.#options,
        () => lend(readers, dialect, (session) => session.execute(sql, bindings)),
        isTransient,
      );
    } catch (error) {
      throw toAsideError(dialect.classify(error), error);
    }
  }

  async execute(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult> {
    const { dialect, writers } = this.#options;
    let sent = false;
    const once = (session: Session) => {
      sent = true;
      return session.execute(sql, bindings);
    };
    try {
      // A conflict undid the statement. After a broken connection it may have happened: it is never sent twice.
      return await retry(
        this.#options,
        () => lend(writers, dialect, once),
        (error) => dialect.classify(error).kind === "conflict",
      );
    } catch (error) {
      const failure = dialect.classify(error);
      const mayHaveHappened = sent && failure.connectionLost;
      throw toAsideError(failure, error, mayHaveHappened ? { committed: "unknown" } : {});
    }
  }
}

/** Does `work` on a borrowed connection and gives it back, or up where it broke. */
async function lend<T>(
  pool: ConnectionPool,
  dialect: Dialect,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await pool.acquire();
  let broken = false;
  try {
    return await work(session);
  } catch (error) {
    broken = dialect.classify(error).connectionLost;
    throw error;
  } finally {
    if (broken) pool.discard(session);
    else pool.release(session);
  }
}
