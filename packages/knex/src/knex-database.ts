import { AsyncLocalStorage } from "node:async_hooks";
import {
  AsideError,
  type InvalidationLog,
  type Transaction,
  type TransactionOptions,
  type TransactionScope,
  type ValueCodec,
} from "@aside/core";
import type { Knex } from "knex";
import { AmbientKnexes } from "./ambient-knex.js";
import { ConnectionPool } from "./connection-pool.js";
import type { Dialect, TableNames } from "./dialect/dialect.js";
import { findDialect } from "./dialect/find-dialect.js";
import type { HeldLock } from "./held-lock.js";
import { KnexCollection } from "./knex-collection.js";
import {
  type KnexDatabaseOptions,
  type ResolvedKnexDatabaseOptions,
  resolveKnexDatabaseOptions,
} from "./knex-database-options.js";
import { KnexInvalidationLog } from "./knex-invalidation-log.js";
import { KnexLeaseLocks } from "./knex-lease-locks.js";
import { KnexSessionLocks } from "./knex-session-locks.js";
import type { KnexTransaction } from "./knex-transaction.js";
import { LeaseTable } from "./lease-table.js";
import { retry } from "./retry.js";
import { createTables } from "./schema.js";
import { SingleStatements } from "./single-statements.js";
import type { StatementExecutor } from "./statement-executor.js";
import { BeginFailed, isConflict, TransactionRunner } from "./transaction-runner.js";
import { ValuesTable } from "./values-table.js";
import { WorkInFlight } from "./work-in-flight.js";

/** How one collection differs from the others of its database. */
export interface KnexCollectionOptions {
  /** Default: the codec of the database. */
  readonly codec?: ValueCodec | undefined;
}

/**
 * One SQL database behind a Knex instance: its transactions, its collections of values and its invalidation log.
 *
 * The Knex instance stays the caller's: `close()` leaves it open. One `KnexDatabase` for one Knex instance: the ambient transaction
 * of one is unknown to another. Aside's own statements go to the driver directly, so that Knex's events and hooks
 * (`postProcessResponse`, `wrapIdentifier`) see only the statements that you build yourself.
 */
export class KnexDatabase implements TransactionScope, AsyncDisposable {
  readonly log: InvalidationLog;
  readonly #knex: Knex;
  readonly #dialect: Dialect;
  readonly #options: ResolvedKnexDatabaseOptions;
  readonly #tables: TableNames;
  readonly #values: ValuesTable;
  readonly #leases: LeaseTable;
  /** Our own Knex for reads outside transactions, on SQLite. */
  readonly #ownReader: Knex | undefined;
  readonly #writers: ConnectionPool;
  readonly #single: SingleStatements;
  readonly #runner: TransactionRunner;
  readonly #ambient = new AsyncLocalStorage<KnexTransaction | undefined>();
  /** Transactions with all that follows them, and the search for the outcome of a COMMIT. */
  readonly #transactions = new WorkInFlight();
  readonly #statementsInFlight = new WorkInFlight();
  /** Each has a connection to itself, without which the pool could not end. */
  readonly #sessionLocks = new Set<HeldLock>();
  #schema: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** @throws {TypeError} for a Knex client that is not supported, and for wrong options. */
  constructor(knex: Knex, options?: KnexDatabaseOptions) {
    this.#knex = knex;
    this.#dialect = findDialect(knex);
    this.#options = resolveKnexDatabaseOptions(options);
    const { tablePrefix, acquireTimeoutMs } = this.#options;
    this.#tables = Object.freeze({
      values: `${tablePrefix}values`,
      invalidations: `${tablePrefix}invalidations`,
      locks: `${tablePrefix}locks`,
    });
    this.#values = new ValuesTable(this.#tables.values, this.#dialect.sql);
    this.#leases = new LeaseTable(this.#tables.locks, this.#dialect.sql);
    this.#ownReader = this.#dialect.openReader(knex);
    const poolOf = (instance: Knex) =>
      new ConnectionPool(instance, this.#dialect, this.#options, acquireTimeoutMs);
    const writers = poolOf(knex);
    this.#writers = writers;
    this.#single = new SingleStatements({
      ...this.#options,
      dialect: this.#dialect,
      readers: this.#ownReader === undefined ? writers : poolOf(this.#ownReader),
      writers,
    });
    this.#runner = new TransactionRunner({
      ...this.#options,
      knexes: new AmbientKnexes(knex),
      dialect: this.#dialect,
      pool: writers,
      within: (transaction, work) => this.#ambient.run(transaction, work),
      inBackground: (work) => void this.#transactions.track(work),
    });
    this.log = new KnexInvalidationLog(this.#tables.invalidations, this.#dialect.sql, (work) =>
      this.#statements(work),
    );
  }

  async run<T>(work: () => Promise<T>, { repeatable = false }: TransactionOptions = {}): Promise<T> {
    const surrounding = this.#surrounding();
    if (surrounding !== undefined) return surrounding.join(work);
    this.#ambient.getStore()?.refuseStragglers();
    if (this.#closed !== undefined) throw closed();
    return this.#transactions.track(this.#runOutermost(work, repeatable));
  }

  current(): Transaction | undefined {
    return this.#surrounding();
  }

  outside<T>(work: () => T): T {
    return this.#ambient.run(undefined, work);
  }

  /**
   * For your own SQL: the surrounding transaction, or else the Knex instance itself. Never use that instance directly within `run`: the
   * statement would stand outside the transaction, and wait for a connection that the transaction may have (on SQLite: always has),
   * until `acquireConnectionTimeout`, 60 s by default.
   *
   * The transaction cannot be committed or rolled back by hand; nested `transaction()` calls are savepoints, as ever.
   * @throws {AsideError} `CLOSED` in work that outlives a transaction that was rolled back.
   */
  connection(): Knex | Knex.Transaction {
    const surrounding = this.#surrounding();
    if (surrounding !== undefined) return surrounding.knex;
    this.#ambient.getStore()?.refuseStragglers();
    return this.#knex;
  }

  /**
   * For your own SELECTs: the surrounding transaction, or else a connection that does not wait while another transaction of this process is
   * under way. Only on SQLite does it differ from {@link connection}; writes over it are refused there.
   */
  reader(): Knex | Knex.Transaction {
    return this.#surrounding()?.knex ?? this.#ownReader ?? this.#knex;
  }

  /**
   * A collection of values by key, in the table that all collections share. Cheap, and the same data each time.
   * @param name - 1 to 64 characters of `[A-Za-z0-9._-]`.
   */
  collection<V>(name: string, options: KnexCollectionOptions = {}): KnexCollection<V> {
    return new KnexCollection<V>({
      name,
      transactions: this,
      codec: options.codec ?? this.#options.codec,
      clock: this.#options.clock,
      table: this.#values,
      statements: (work) => this.#statements(work),
    });
  }

  /**
   * Locks by name, as rows of a table, with fencing tokens: pass it to stores as `locks`, and `lock.fencingToken` to the writes under a
   * lock. The same locks each time.
   */
  locks(): KnexLeaseLocks {
    return new KnexLeaseLocks({
      table: this.#leases,
      clock: this.#options.clock,
      encode: this.#dialect.sql.encodeText,
      isInTransaction: () => this.#surrounding() !== undefined,
      statements: (work) => this.outside(() => this.#statements(work)),
    });
  }

  /**
   * Locks by name that the server keeps for a session: PostgreSQL's advisory locks, MySQL's `GET_LOCK`. Each that is held has a connection
   * of the pool to itself, until it is released; they do not fence. `close()` takes them back, and tells their holders.
   * @throws {TypeError} on SQLite, which has none.
   */
  sessionLocks(): KnexSessionLocks {
    const words = this.#dialect.sql.sessionLock;
    if (words === undefined) {
      throw new TypeError("KnexDatabase: this database has no locks of a session; use `locks()`.");
    }
    return new KnexSessionLocks({
      words,
      dialect: this.#dialect,
      pool: this.#writers,
      held: this.#sessionLocks,
      clock: this.#options.clock,
      isInTransaction: () => this.#surrounding() !== undefined,
      refuseIfClosed: () => {
        if (this.#closed !== undefined) throw closed();
      },
    });
  }

  /**
   * Creates the tables that are missing. Many processes may call it at once, also on an empty database. Does its work once; after a failure
   * the next call tries again. Not within a transaction: MySQL would commit it.
   */
  async ensureSchema(): Promise<void> {
    if (this.#closed !== undefined) throw closed();
    if (this.#surrounding() !== undefined) {
      throw new AsideError("UNSUPPORTED", "ensureSchema() cannot run within a transaction.");
    }
    if (this.#schema === undefined) {
      const created = createTables(this, this.#dialect.sql, this.#tables, (work) => this.#statements(work));
      this.#schema = created;
      created.catch(() => {
        this.#schema = undefined;
      });
    }
    return this.#schema;
  }

  /**
   * Takes the locks of sessions back and waits for what is under way, also for the search for the outcome of a COMMIT, `unknownCommitMs` at most; then calls reject with `CLOSED`.
   * Leaves the caller's Knex instance open. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runOutermost<T>(work: () => Promise<T>, repeatable: boolean): Promise<T> {
    try {
      return await retry(
        this.#options,
        () => this.#runner.run(work),
        (error) => repeatable && isConflict(error, this.#dialect),
      );
    } catch (error) {
      throw error instanceof BeginFailed ? error.error : error;
    }
  }

  /** The transaction around the caller, if it is still under way. */
  #surrounding(): KnexTransaction | undefined {
    const transaction = this.#ambient.getStore();
    return transaction?.isOpen === true ? transaction : undefined;
  }

  /**
   * Does the statements of one call in one place. Where it begins within a transaction it stays there to the end: its later statements must not be
   * committed by themselves when the transaction ends meanwhile.
   */
  async #statements<T>(work: (executor: StatementExecutor) => Promise<T>): Promise<T> {
    const surrounding = this.#surrounding();
    if (surrounding !== undefined) return work(surrounding);
    this.#ambient.getStore()?.refuseStragglers();
    // While a transaction is under way its participants may still have to write, after its end.
    if (this.#closed !== undefined && this.#transactions.isEmpty) throw closed();
    return this.#statementsInFlight.track(work(this.#single));
  }

  async #close(): Promise<void> {
    for (const lock of this.#sessionLocks) lock.lose();
    await Promise.all([...this.#sessionLocks].map((lock) => lock.release()));
    await this.#transactions.settled();
    await this.#statementsInFlight.settled();
    await this.#ownReader?.destroy();
  }
}

function closed(): AsideError {
  return new AsideError("CLOSED", "The KnexDatabase is closed.");
}
