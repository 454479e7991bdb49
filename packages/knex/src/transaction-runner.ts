import { AsideError, isAsideError, type TransactionEnd } from "@aside/core";
import type { AmbientKnexes } from "./ambient-knex.js";
import type { ConnectionPool } from "./connection-pool.js";
import type { Dialect, Session } from "./dialect/dialect.js";
import type { ResolvedKnexDatabaseOptions } from "./knex-database-options.js";
import { DriverError, toAsideError } from "./knex-errors.js";
import { KnexTransaction } from "./knex-transaction.js";
import { untilGone } from "./lost-session.js";

export interface TransactionRunnerOptions
  extends Pick<ResolvedKnexDatabaseOptions, "clock" | "unknownCommitMs"> {
  readonly knexes: AmbientKnexes;
  readonly dialect: Dialect;
  readonly pool: ConnectionPool;
  /** Calls `work` with the transaction ambient, or with none. */
  readonly within: <T>(transaction: KnexTransaction | undefined, work: () => T) => T;
  /** Told of what goes on behind the caller, until it settles. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/** What came of one run of the work. */
type Outcome<T> = { readonly result: T } | { readonly error: unknown };

/** Runs one transaction from BEGIN to the last participant's answer. */
export class TransactionRunner {
  readonly #options: TransactionRunnerOptions;

  constructor(options: TransactionRunnerOptions) {
    this.#options = options;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const { knexes, dialect, within } = this.#options;
    const session = await this.#begin();
    const transaction = new KnexTransaction(dialect, session);
    const worked = await within(transaction, async (): Promise<Outcome<T>> => {
      try {
        await transaction.open(knexes);
        const result = await work();
        await transaction.beforeCommit();
        return { result };
      } catch (error) {
        return { error };
      }
    });
    const outcome = await this.#end(transaction, session, worked);
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  /** Borrows a connection and begins. Nothing has happened yet, so a pooled connection that died unseen is replaced by another. */
  async #begin(): Promise<Session> {
    const { dialect, pool } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      let session: Session | undefined;
      try {
        session = await pool.acquire();
        await session.begin();
        return session;
      } catch (error) {
        const failure = dialect.classify(error);
        // A conflict is SQLite's lock, which was waited for; the connection is as it was. Else it may be half in a transaction.
        if (session !== undefined) {
          if (failure.kind === "conflict") pool.release(session);
          else pool.discard(session);
        }
        const mayBeStale = session !== undefined && failure.connectionLost && failure.kind === "unavailable";
        if (!mayBeStale || attempt === 3) throw new BeginFailed(toAsideError(failure, error));
      }
    }
  }

  async #end<T>(transaction: KnexTransaction, session: Session, worked: Outcome<T>): Promise<Outcome<T>> {
    transaction.close();
    if ("error" in worked) {
      const sound = await this.#rollBack(session);
      // MySQL commits before a statement that defines data: then nobody knows any more what stands.
      const end: TransactionEnd = transaction.endedUnseen
        ? { outcome: "unknown", settled: Promise.resolve("gone") }
        : { outcome: "rolled-back" };
      await this.#conclude(transaction, session, sound, end);
      return worked;
    }
    try {
      await session.commit();
    } catch (error) {
      return this.#afterFailedCommit(transaction, session, error);
    }
    await this.#conclude(transaction, session, true, { outcome: "committed" });
    return worked;
  }

  async #afterFailedCommit(
    transaction: KnexTransaction,
    session: Session,
    error: unknown,
  ): Promise<{ readonly error: AsideError }> {
    const { dialect, pool, clock, unknownCommitMs, within, inBackground } = this.#options;
    if (session.afterFailedCommit(error) === "rolled-back") {
      const sound = await this.#rollBack(session);
      await this.#conclude(transaction, session, sound, { outcome: "rolled-back" });
      return { error: toAsideError(dialect.classify(error), error, { committed: false }) };
    }
    // The session is ended from here before anybody looks for it: what it has not committed by then it never will.
    session.destroy();
    const settled = within(undefined, () => untilGone(session, pool, { clock }, unknownCommitMs));
    inBackground(settled);
    await this.#conclude(transaction, session, false, { outcome: "unknown", settled });
    return {
      error: new AsideError(
        "COMMIT_UNKNOWN",
        "The connection broke while COMMIT was under way: the transaction may have been committed or rolled back.",
        { committed: "unknown", cause: new DriverError(error) },
      ),
    };
  }

  /** Resolves with whether the connection may be used again. A broken one is rolled back by the database: COMMIT was never sent on it. */
  async #rollBack(session: Session): Promise<boolean> {
    try {
      await session.rollback();
      return true;
    } catch {
      return false;
    }
  }

  /** The connection goes back first: on SQLite it is the only one that writes, and participants write at the end. */
  async #conclude(
    transaction: KnexTransaction,
    session: Session,
    sound: boolean,
    end: TransactionEnd,
  ): Promise<void> {
    const { pool, within, knexes } = this.#options;
    await transaction.finish(knexes, end.outcome === "committed");
    if (sound) pool.release(session);
    else pool.discard(session);
    await within(undefined, () => transaction.tell(end));
  }
}

/** The transaction never began; what could be tried again has been. */
export class BeginFailed extends Error {
  readonly error: AsideError;

  constructor(error: AsideError) {
    super("BEGIN failed");
    this.error = error;
  }
}

/** Whether running the whole transaction again may help. */
export function isConflict(error: unknown, dialect: Dialect): boolean {
  return isAsideError(error)
    ? error.code === "TRANSACTION_CONFLICT"
    : dialect.classify(error).kind === "conflict";
}
