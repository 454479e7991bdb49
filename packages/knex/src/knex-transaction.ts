import { AsideError, type Transaction, type TransactionEnd, type TransactionParticipant } from "@aside/core";
import type { Knex } from "knex";
import type { AmbientKnex, AmbientKnexes } from "./ambient-knex.js";
import type { Dialect, Session, SqlValue, StatementGate, StatementResult } from "./dialect/dialect.js";
import { toAsideError } from "./knex-errors.js";
import type { StatementExecutor } from "./statement-executor.js";

/**
 * One transaction under way on one connection.
 *
 * Invariant: no statement of it, ours or the user's, reaches the connection unless the database has the transaction open. Otherwise the statement
 * would be committed by itself: MySQL ends the transaction at a deadlock, and a user who catches that error goes on writing.
 */
export class KnexTransaction implements Transaction, StatementExecutor, StatementGate {
  readonly inTransaction = true;
  readonly #dialect: Dialect;
  readonly #session: Session;
  readonly #participants = new Map<object, TransactionParticipant>();
  #phase: "opening" | "open" | "closing" | "committed" | "undone" = "opening";
  #ambient: AmbientKnex | undefined;
  /** Why it must be rolled back though its work resolves. */
  #spoilt: { readonly error: unknown } | undefined;
  /** The database ended it by itself; no statement may be sent any more. */
  #lost: AsideError | undefined;
  /** A statement of the user ended it behind our back, and may have committed it. */
  #committedUnderneath = false;

  constructor(dialect: Dialect, session: Session) {
    this.#dialect = dialect;
    this.#session = session;
  }

  /** Called once, after BEGIN and before the work. */
  async open(knexes: AmbientKnexes): Promise<void> {
    this.#ambient = await knexes.open(this.#session, this);
    this.#phase = "open";
  }

  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /**
   * For work that outlives its transaction. After a commit it belongs to none. Otherwise it is part of what was undone (of two branches of
   * `Promise.all` one rejected, and the other goes on unseen), and what it still writes must not be committed by itself.
   */
  refuseStragglers(): void {
    if (!this.isOpen && this.#phase !== "committed") throw ended();
  }

  /** For the user's own SQL. */
  get knex(): Knex.Transaction {
    return (this.#ambient as AmbientKnex).handOut();
  }

  participant<P extends TransactionParticipant>(key: object, create: () => P): P {
    const known = this.#participants.get(key);
    if (known !== undefined) return known as P;
    if (!this.isOpen) throw ended();
    const made = create();
    this.#participants.set(key, made);
    return made;
  }

  /** Part of the work that must not fail by itself: whatever the outer work does with the error, nothing is committed. */
  async join<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#spoilt ??= { error };
      throw error;
    }
  }

  async execute(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult> {
    if (this.#session.lostTransaction) this.endedUnderneath("rolled-back");
    this.#refuseStatements();
    try {
      return await this.#session.execute(sql, bindings, this);
    } catch (error) {
      throw toAsideError(this.#dialect.classify(error), error);
    }
  }

  query(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult> {
    return this.execute(sql, bindings);
  }

  /** Lets the participants act before COMMIT. Rejects when nothing may be committed. */
  async beforeCommit(): Promise<void> {
    this.#refuseCommit();
    // A map is walked in the order of insertion, and what comes while it is walked has its turn.
    for (const participant of this.#participants.values()) await participant.beforeCommit();
    this.#refuseCommit();
  }

  /** From here on statements are refused; the end itself is sent by the owner. */
  close(): void {
    this.#phase = "closing";
  }

  /** Whether a statement of the user may have committed what went before it. */
  get endedUnseen(): boolean {
    return this.#committedUnderneath;
  }

  /** Called once, after the end and before the connection goes back. */
  async finish(knexes: AmbientKnexes, committed: boolean): Promise<void> {
    if (this.#ambient !== undefined) await knexes.close(this.#session, this.#ambient, committed);
    this.#phase = committed ? "committed" : "undone";
  }

  /** Tells the participants how it ended, in their order, and waits for them. */
  async tell(end: TransactionEnd): Promise<void> {
    await Promise.allSettled([...this.#participants.values()].map(async (one) => one.afterEnd(end)));
  }

  pass(sql: string): "send" | "swallow" {
    if (this.#phase === "opening" || this.#phase === "closing") {
      if (isTransactionControl(sql)) return "swallow";
    } else if (isTransactionControl(sql)) {
      throw keepMessage(
        new AsideError(
          "UNSUPPORTED",
          "A transaction of KnexDatabase.run is committed when its work resolves and rolled back when it rejects, not by a statement.",
        ),
      );
    }
    this.#refuseStatements();
    return "send";
  }

  admit(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  failed(error: unknown): void {
    const failure = this.#dialect.classify(error);
    if (failure.transactionLost)
      this.#lost ??= keepMessage(toAsideError(failure, error, { committed: false }));
  }

  endedUnderneath(outcome: "rolled-back" | "unknown"): void {
    if (this.#phase !== "open" || this.#lost !== undefined) return;
    this.#committedUnderneath = outcome === "unknown";
    this.#lost ??= keepMessage(
      this.#committedUnderneath
        ? new AsideError(
            "DATABASE_FAILED",
            "A statement within the transaction ended it: MySQL commits before CREATE, ALTER, DROP and the like, and several statements sent as one may hold a COMMIT.",
            { committed: "unknown" },
          )
        : new AsideError("DATABASE_FAILED", "The database rolled the transaction back after an error.", {
            committed: false,
          }),
    );
  }

  #refuseStatements(): void {
    this.admit();
    if (this.#phase !== "open") throw ended();
  }

  #refuseCommit(): void {
    if (this.#spoilt !== undefined) throw this.#spoilt.error;
    if (this.#lost !== undefined) throw this.#lost;
  }
}

function ended(): AsideError {
  return keepMessage(
    new AsideError(
      "CLOSED",
      "The transaction of this call has ended: await everything within the work of run.",
    ),
  );
}

/** Knex writes the statement with its values into the message of whatever error passes through it. */
function keepMessage(error: AsideError): AsideError {
  const { message } = error;
  Object.defineProperty(error, "message", { get: () => message, set: ignored, enumerable: false });
  return error;
}

function ignored(): void {}

/** Statements that begin or end the whole transaction; savepoints are the user's own affair. */
function isTransactionControl(sql: string): boolean {
  const words = sql.replace(/^(?:\s+|\/\*[\s\S]*?\*\/|(?:--|#)[^\n]*(?:\n|$))+/, "");
  return /^(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK(?!\s+(?:WORK\s+)?TO\b))\b/i.test(words);
}
