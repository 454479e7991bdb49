import { AsideError, type Transaction, type TransactionEnd, type TransactionParticipant } from "@aside/core";
import type { WriteFacts } from "../oracle/write-facts.js";
import type { Session, Statement } from "./session.js";

/** A transaction as its process has it. */
export class ClientTransaction implements Transaction {
  readonly session: Session;
  readonly facts: WriteFacts;
  active = true;
  conflicted = false;
  readonly #participants = new Map<object, TransactionParticipant>();
  #doom: { readonly error: unknown } | undefined;

  constructor(session: Session, facts: WriteFacts) {
    this.session = session;
    this.facts = facts;
  }

  participant<P extends TransactionParticipant>(key: object, create: () => P): P {
    const present = this.#participants.get(key);
    if (present !== undefined) return present as P;
    const made = create();
    this.#participants.set(key, made);
    return made;
  }

  spoil(error: unknown): void {
    this.#doom ??= { error };
  }

  async execute<T>(what: string, statement: Statement<T>): Promise<T> {
    if (!this.active) throw new AsideError("CLOSED", "simulated: the transaction has ended");
    if (this.#doom !== undefined && !this.session.open) throw this.#doom.error;
    try {
      return await this.session.execute(what, statement);
    } catch (error) {
      if (error instanceof AsideError && error.code === "TRANSACTION_CONFLICT") this.conflicted = true;
      this.spoil(error);
      throw error;
    }
  }

  async beforeCommit(): Promise<void> {
    this.#refuseSpoilt();
    for (const participant of this.#participants.values()) {
      await participant.beforeCommit();
      this.#refuseSpoilt();
    }
  }

  async tell(end: TransactionEnd): Promise<void> {
    for (const participant of this.#participants.values()) await participant.afterEnd(end);
  }

  #refuseSpoilt(): void {
    if (this.#doom !== undefined) throw this.#doom.error;
  }
}
