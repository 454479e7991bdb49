import { AsideError } from "@aside/core";
import type { Knex } from "knex";
import type { Session, StatementGate } from "./dialect/dialect.js";

/** Knex's mark on a connection within one of its transactions, which its events carry. */
interface MarkedConnection {
  __knexTxId?: string;
}

/**
 * Knex transactions on connections whose transaction is Aside's own: their BEGIN and their end are not sent.
 *
 * To open one costs Knex more than a statement, and most transactions never need it. So one that nobody asked for is kept for the next
 * transaction of the same connection; one that was handed out is ended with its transaction, since the user may have kept it.
 */
export class AmbientKnexes {
  readonly #knex: Knex;
  readonly #spare = new WeakMap<Session, AmbientKnex>();

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** For one transaction, whose `gate` decides about the statements. */
  async open(session: Session, gate: StatementGate): Promise<AmbientKnex> {
    const spare = this.#spare.get(session);
    if (spare === undefined) return AmbientKnex.open(this.#knex, session, gate);
    this.#spare.delete(session);
    spare.serve(gate);
    return spare;
  }

  /** Called once, while the gate of its transaction is closed. */
  async close(session: Session, ambient: AmbientKnex, committed: boolean): Promise<void> {
    if (ambient.handedOut) await ambient.finish(committed);
    else this.#spare.set(session, ambient);
  }
}

/** One Knex transaction on one connection. Nested `transaction()` calls are savepoints, as with any other. */
export class AmbientKnex {
  readonly #transaction: Knex.Transaction;
  readonly #connection: MarkedConnection;
  readonly #mark: string | undefined;
  readonly #gates: SwitchedGate;
  readonly #end: (committed: boolean) => Promise<unknown>;
  #handedOut = false;

  private constructor(
    transaction: Knex.Transaction,
    connection: MarkedConnection,
    gates: SwitchedGate,
    whole: Promise<unknown>,
  ) {
    const { commit, rollback } = transaction;
    this.#transaction = Object.assign(transaction, { commit: refuse, rollback: refuse });
    this.#connection = connection;
    this.#mark = connection.__knexTxId;
    this.#gates = gates;
    this.#end = async (committed) => {
      await (committed ? commit() : rollback());
      await whole;
    };
    delete connection.__knexTxId;
  }

  static async open(knex: Knex, session: Session, gate: StatementGate): Promise<AmbientKnex> {
    const gates = new SwitchedGate(gate);
    const connection = session.guarded(gates);
    let whole: Promise<unknown> = Promise.resolve();
    const transaction = await new Promise<Knex.Transaction>((resolve, reject) => {
      // The container returns no promise, so that Knex leaves the end to us.
      whole = Promise.resolve(knex.transaction((opened) => resolve(opened) as undefined, { connection }));
      whole.catch(reject);
    });
    return new AmbientKnex(transaction, connection as MarkedConnection, gates, whole);
  }

  get handedOut(): boolean {
    return this.#handedOut;
  }

  /** The transaction for the user's own SQL. */
  handOut(): Knex.Transaction {
    if (!this.#handedOut && this.#mark !== undefined) this.#connection.__knexTxId = this.#mark;
    this.#handedOut = true;
    return this.#transaction;
  }

  /** Belongs to another transaction from here. Only before it was handed out. */
  serve(gate: StatementGate): void {
    this.#gates.gate = gate;
  }

  /** Makes Knex refuse every later statement. */
  async finish(committed: boolean): Promise<void> {
    await this.#end(committed);
    delete this.#connection.__knexTxId;
  }
}

/** Leads to the gate of the transaction that has the connection. */
class SwitchedGate implements StatementGate {
  gate: StatementGate;

  constructor(gate: StatementGate) {
    this.gate = gate;
  }

  pass(sql: string): "send" | "swallow" {
    return this.gate.pass(sql);
  }

  admit(): void {
    this.gate.admit();
  }

  failed(error: unknown): void {
    this.gate.failed(error);
  }

  endedUnderneath(outcome: "rolled-back" | "unknown"): void {
    this.gate.endedUnderneath(outcome);
  }
}

function refuse(): never {
  throw new AsideError(
    "UNSUPPORTED",
    "A transaction of KnexDatabase.run is committed when its work resolves; to roll it back, let the work throw.",
  );
}
