import { backoffMs, pause } from "../pause.js";
import type {
  Session,
  SessionLimits,
  SqlValue,
  StatementGate,
  StatementResult,
  TurnGate,
} from "./dialect.js";
import { isBusy, isDiskFailure } from "./sqlite-failures.js";
import { withOverrides } from "./with-overrides.js";

/** The part of better-sqlite3 that is used here (its `docs/api.md`). */
export interface SqliteConnection {
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  pragma(text: string, options?: { readonly simple: boolean }): unknown;
  exec(sql: string): unknown;
}

interface SqliteStatement {
  readonly reader: boolean;
  raw(on: boolean): SqliteStatement;
  safeIntegers(on: boolean): SqliteStatement;
  all(...bindings: readonly SqlValue[]): unknown[];
  run(...bindings: readonly SqlValue[]): { readonly changes: number };
}

/** Pauses between attempts at a database that another process has locked. */
const shortestPauseMs = 2;
const longestPauseMs = 40;

/** A connection of better-sqlite3, which works while the event loop waits: so it never waits for a lock, but comes again. */
export class SqliteSession implements Session {
  readonly connection: object;
  readonly #driver: SqliteConnection;
  readonly #limits: SessionLimits;
  readonly #statements = new Map<string, SqliteStatement>();
  readonly #ownBusyTimeoutMs: number;

  private constructor(driver: SqliteConnection, limits: SessionLimits) {
    this.connection = driver;
    this.#driver = driver;
    this.#limits = limits;
    this.#ownBusyTimeoutMs = Number(driver.pragma("busy_timeout", { simple: true }));
  }

  static async open(connection: object, limits: SessionLimits): Promise<SqliteSession> {
    const session = new SqliteSession(connection as SqliteConnection, limits);
    session.enter();
    try {
      // The waiting comes first: two processes that switch a new file to WAL at once get in each other's way.
      await session.#untilFree(() => {
        const driver = session.#driver;
        if (driver.pragma("journal_mode", { simple: true }) === "wal") return;
        // A connection for reads alone leaves the choice to the one that writes.
        if (driver.pragma("query_only", { simple: true }) === 0) driver.pragma("journal_mode = WAL");
      });
    } finally {
      session.leave();
    }
    return session;
  }

  enter(): void {
    this.#driver.pragma("busy_timeout = 0");
  }

  /** Between our borrowings the connection belongs to the caller, and waits as the caller set it. */
  leave(): void {
    if (this.#ownBusyTimeoutMs > 0) this.#driver.pragma(`busy_timeout = ${this.#ownBusyTimeoutMs}`);
  }

  async execute(sql: string, bindings: readonly SqlValue[], gate?: TurnGate): Promise<StatementResult> {
    try {
      return await this.#execute(sql, bindings, gate);
    } catch (error) {
      gate?.failed(error);
      throw error;
    }
  }

  async #execute(sql: string, bindings: readonly SqlValue[], gate?: TurnGate): Promise<StatementResult> {
    const statement = await this.#untilFree(() => this.#statement(sql));
    return this.#untilFree(() => {
      gate?.admit();
      if (statement.reader) {
        return { rows: statement.all(...bindings) as unknown[][], changes: 0, upserted: false };
      }
      const { changes } = statement.run(...bindings);
      return { rows: [], changes, upserted: changes > 0 };
    });
  }

  /**
   * Takes the one write lock at once. A transaction that began by reading could not get it later, once another process has written
   * (SQLITE_BUSY_SNAPSHOT), and would have to be run again.
   */
  async begin(): Promise<void> {
    await this.#untilFree(() => this.#driver.exec("BEGIN IMMEDIATE"));
  }

  /** Outside of WAL mode readers of other processes may be in the way; the transaction stays open meanwhile. */
  async commit(): Promise<void> {
    if (this.lostTransaction) throw new Error("no transaction is open");
    await this.#untilFree(() => this.#driver.exec("COMMIT"));
  }

  async rollback(): Promise<void> {
    if (this.#driver.inTransaction) this.#driver.exec("ROLLBACK");
  }

  get lostTransaction(): boolean {
    return !this.#driver.inTransaction;
  }

  afterFailedCommit(error: unknown): "rolled-back" | "unknown" {
    return isDiskFailure(error) ? "unknown" : "rolled-back";
  }

  readonly isOwn = true;

  /** The connection is in this process. */
  onEnd(): () => void {
    return () => undefined;
  }

  /** There is nobody at the other end who could go on: closing is left to the pool. */
  destroy(): void {
    (this.#driver as { __knex__disposed?: string }).__knex__disposed = "given up by @aside/knex";
  }

  async isGone(): Promise<boolean> {
    return true;
  }

  guarded(gate: StatementGate): object {
    const driver = this.#driver;
    const prepare = (sql: string): unknown => {
      if (!driver.inTransaction) gate.endedUnderneath("rolled-back");
      return gate.pass(sql) === "swallow" ? noStatement : driver.prepare(sql);
    };
    return withOverrides<object>(driver, { prepare });
  }

  /** Statements are few and fixed, so they are prepared once for each connection. */
  #statement(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#driver.prepare(sql).safeIntegers(false);
    if (statement.reader) statement.raw(true);
    this.#statements.set(sql, statement);
    return statement;
  }

  async #untilFree<T>(attempt: () => T): Promise<T> {
    const { clock, retryTimeoutMs } = this.#limits;
    const giveUpAtMs = clock.monotonicMs() + retryTimeoutMs;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || clock.monotonicMs() >= giveUpAtMs) throw error;
      }
      await pause(clock, backoffMs(attempts, shortestPauseMs, longestPauseMs));
    }
  }
}

/** What Knex gets for a BEGIN or COMMIT that Aside sends itself. */
const noStatement = Object.freeze({
  reader: false,
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  all: () => [],
  safeIntegers: () => noStatement,
});
