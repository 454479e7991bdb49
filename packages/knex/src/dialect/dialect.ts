import type { Clock, Milliseconds } from "@aside/core";
import type { Knex } from "knex";
import type { Failure } from "../failure.js";

/** What may be bound to a placeholder. */
export type SqlValue = string | number | bigint | null;

export interface StatementResult {
  /** The rows as arrays, in the order of the selected columns. Empty for a statement that reads none. */
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows a write changed. */
  readonly changes: number;
  /** Of an {@link SqlWords.upsert}: whether its condition let it write. */
  readonly upserted: boolean;
}

/** Bounds of what is done on a connection. */
export interface SessionLimits {
  readonly clock: Clock;
  /** The connection is given up when a statement has no answer after this time. */
  readonly statementTimeoutMs: Milliseconds;
  /** How long what found the database locked by another process is tried again. */
  readonly retryTimeoutMs: Milliseconds;
}

/** What the owner of a transaction is asked and told while statements take their turns on its connection. */
export interface TurnGate {
  /** The statements before it have been answered. Throws when this one may not be sent any more. */
  admit(): void;
  /** A statement failed; the transaction may be lost with it. */
  failed(error: unknown): void;
}

/** The same for the statements that users send. */
export interface StatementGate extends TurnGate {
  /** `"swallow"`: the statement is not sent and counts as done. Throws when none may be sent. */
  pass(sql: string): "send" | "swallow";
  /**
   * The database has no transaction open on the connection any more.
   * @param outcome - what became of what went before: `"unknown"` where it may have been committed.
   */
  endedUnderneath(outcome: "rolled-back" | "unknown"): void;
}

/** A connection out of Knex's pool, with all that is particular to its database. Used by one borrower at a time. */
export interface Session {
  /** The driver's connection, as the pool knows it. */
  readonly connection: object;

  /** Makes the connection ready for Aside's use, or gives it back as it was. No I/O. */
  enter(): void;
  leave(): void;

  /** @param gate - asked when its turn has come, and told of its failure before the next one's. */
  execute(sql: string, bindings: readonly SqlValue[], gate?: TurnGate): Promise<StatementResult>;

  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;

  /**
   * Whether the transaction that was begun is known to be gone: SQLite ends it by itself after some errors, such as a full disk, and
   * PostgreSQL where several statements were sent as one.
   */
  readonly lostTransaction: boolean;

  /**
   * What a failed `commit` means: `"rolled-back"`, also after `rollback`, or that nobody knows. After `"unknown"` the
   * session is destroyed by its owner.
   */
  afterFailedCommit(error: unknown): "rolled-back" | "unknown";

  /** Whether all its statements reach one session at the server. Not so behind a pooler that lends sessions by the transaction. */
  readonly isOwn: boolean;

  /** Calls `listener` once the connection has broken or was ended. Returns what makes it be forgotten. */
  onEnd(listener: () => void): () => void;

  /** Breaks the connection, so that the pool drops it and the database rolls back what it had begun. Statements under way reject. */
  destroy(): void;

  /**
   * Asks over `other` whether this session, which was destroyed, can do nothing more; ends it where it may.
   * Rejects when it cannot be asked now.
   */
  isGone(other: Session): Promise<boolean>;

  /** The connection for a Knex transaction that begins and ends when `gate` lets it. */
  guarded(gate: StatementGate): object;
}

export type ColumnWord = (column: string) => string;

/** A write of one row that inserts or, where the key is taken, updates. */
export interface Upsert {
  readonly table: string;
  /** The columns in the order of their bindings. */
  readonly columns: readonly string[];
  /** What is inserted into a column instead of a placeholder: an expression, which may hold placeholders in its turn. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly key: readonly string[];
  /** The columns an update replaces. The first one takes a value that it never had in this row. */
  readonly update: readonly string[];
  /**
   * What an update gives a column instead of the value that was to be inserted: an expression on the row that stands. Such a column comes
   * in `update` before those that its expression names, or is named by it itself. Its placeholders come after those of the columns, and
   * there are none in `when` then.
   */
  readonly computed?: Readonly<Record<string, string>> | undefined;
  /**
   * Updates only under this condition on the row that stands, whose columns it names by their table, too. Its placeholders come after those of the columns.
   * @param fresh - the value of a column as it would be written.
   */
  readonly when?: ((fresh: ColumnWord) => string) | undefined;
}

/** Each is a SELECT with the name as its only placeholder, and gives 1 where it did what it should. */
export interface SessionLockWords {
  /** Does not wait. */
  readonly take: string;
  readonly release: string;
}

/** The words in which the databases differ. */
export interface SqlWords {
  upsert(upsert: Upsert): string;
  /** Ends a SELECT that locks its rows. */
  readonly forUpdate: string;
  /** Whether a locking SELECT leaves a row that is not there unlocked. */
  readonly absentRowsStayUnlocked: boolean;
  /** A placeholder that is compared as a 64-bit integer. */
  readonly integer: string;
  /** The instant of the statement by the clock of the database, in Unix milliseconds. */
  readonly nowMs: string;
  /** Locks that live with a session. Absent where there are none. */
  readonly sessionLock?: SessionLockWords | undefined;
  /** Text as the database can keep it, and as it was. */
  encodeText(text: string): string;
  decodeText(kept: string): string;
  /** Creates the tables where they are missing. Each may be run by many at once. */
  createTables(tables: TableNames): readonly string[];
  /** Whether creating tables can be rolled back, so that it belongs into one transaction. */
  readonly transactionalSchema: boolean;
}

export interface TableNames {
  readonly values: string;
  readonly invalidations: string;
  readonly locks: string;
}

/** One kind of database behind one driver. */
export interface Dialect {
  readonly name: string;
  readonly sql: SqlWords;

  /**
   * A Knex instance of our own for reads outside transactions, where the caller's pool cannot give them a connection
   * while a transaction runs; `undefined` where it can.
   */
  openReader(knex: Knex): Knex | undefined;

  /**
   * Looks at a new connection once, and prepares it.
   * @throws {AsideError} `CONFIGURATION` when the connection is set up in a way that would break a promise.
   */
  session(connection: object, limits: SessionLimits): Promise<Session>;

  /** What an error of the driver, of Knex or of the pool means. */
  classify(error: unknown): Failure;
}
