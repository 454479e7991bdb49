import type { Transaction, TransactionEnd, TransactionParticipant } from "../backend/transaction-scope.js";
import { AsideError } from "../errors/aside-error.js";
import type { RowLocks } from "./row-locks.js";

/** One transaction in memory. Its changes lie apart until `commit` applies them all in one go. */
export class MemoryTransaction implements Transaction {
  readonly #locks: RowLocks<MemoryTransaction>;
  readonly #participants = new Map<object, TransactionParticipant>();
  readonly #applications: (() => void)[] = [];
  #active = true;
  /** Why it cannot commit any more. */
  #doom: { readonly reason: unknown } | undefined;
  #conflict: AsideError | undefined;

  constructor(locks: RowLocks<MemoryTransaction>) {
    this.#locks = locks;
  }

  /** Whether it has not ended yet. */
  get active(): boolean {
    return this.#active;
  }

  /** Whether it lost against another one: repeating it may succeed. */
  get conflicted(): boolean {
    return this.#conflict !== undefined;
  }

  participant<P extends TransactionParticipant>(key: object, create: () => P): P {
    const present = this.#participants.get(key);
    if (present !== undefined) return present as P;
    const participant = create();
    this.#participants.set(key, participant);
    return participant;
  }

  /** Sees to it that the transaction is rolled back. The first reason counts. */
  spoil(reason: unknown): void {
    this.#doom ??= { reason };
  }

  /** Takes the lock of a row and keeps it to the end. */
  async lock(row: string): Promise<void> {
    this.checkActive();
    try {
      await this.#locks.acquire(row, this);
    } catch (error) {
      if (this.#active) {
        this.#conflict ??= error as AsideError;
        this.spoil(error);
      }
      throw error;
    }
  }

  tryLock(row: string): boolean {
    this.checkActive();
    return this.#locks.tryAcquire(row, this);
  }

  /** Has to be called by a statement after each wait: the transaction may have ended meanwhile. */
  checkActive(): void {
    if (this.#conflict !== undefined) throw this.#conflict;
    if (!this.#active)
      throw new AsideError("TRANSACTION_CONFLICT", "The transaction ended before its statement");
  }

  /** Adds something to do at the commit. Must not throw. */
  onCommit(apply: () => void): void {
    this.#applications.push(apply);
  }

  /** Lets the participants act, those too that come meanwhile: a map is iterated in the order of insertion, to its end. */
  async beforeCommit(): Promise<void> {
    this.#throwIfSpoilt();
    for (const participant of this.#participants.values()) {
      await participant.beforeCommit();
      this.#throwIfSpoilt();
    }
  }

  commit(): void {
    this.#throwIfSpoilt();
    for (const apply of this.#applications) apply();
    this.#end();
  }

  rollback(): void {
    this.#end();
  }

  /** Tells the participants, one after the other and each of them whatever the others do. */
  async tellEnd(end: TransactionEnd): Promise<void> {
    const failures: unknown[] = [];
    for (const participant of this.#participants.values()) {
      await participant.afterEnd(end).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  #end(): void {
    this.#active = false;
    this.#locks.releaseAll(this);
  }

  #throwIfSpoilt(): void {
    if (this.#doom !== undefined) throw this.#doom.reason;
  }
}
