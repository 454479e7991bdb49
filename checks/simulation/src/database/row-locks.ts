import type { Scheduler } from "../world/scheduler.js";
import type { ServerTransaction } from "./server-transaction.js";

interface Waiter {
  readonly transaction: ServerTransaction;
  readonly grant: () => void;
}

interface Lock {
  owner: ServerTransaction;
  readonly waiters: Waiter[];
}

/** Exclusive row locks, first come first served. A circle is found at once; a wait ends after some time. */
export class RowLocks {
  readonly #scheduler: Scheduler;
  readonly #longestWaitMs: number;
  readonly #locks = new Map<string, Lock>();

  constructor(scheduler: Scheduler, longestWaitMs: number) {
    this.#scheduler = scheduler;
    this.#longestWaitMs = longestWaitMs;
  }

  /** Exactly one of `grant` and `refuse` is called, unless the transaction ends first. */
  acquire(row: string, transaction: ServerTransaction, grant: () => void, refuse: () => void): void {
    const lock = this.#locks.get(row);
    if (lock === undefined) {
      this.#locks.set(row, { owner: transaction, waiters: [] });
      transaction.locked.add(row);
      grant();
      return;
    }
    if (lock.owner === transaction) {
      grant();
      return;
    }
    if (this.#wouldCircle(transaction, lock)) {
      refuse();
      return;
    }
    const late = this.#scheduler.after(this.#longestWaitMs, undefined, () => {
      this.#forget(row, waiter);
      if (transaction.active) refuse();
    });
    const waiter: Waiter = {
      transaction,
      grant: () => {
        late.cancel();
        transaction.awaited = undefined;
        grant();
      },
    };
    transaction.awaited = row;
    lock.waiters.push(waiter);
  }

  isLocked(row: string): boolean {
    return this.#locks.has(row);
  }

  /** Gives up one lock before the end of its transaction: there is no row to lock. */
  releaseOne(row: string, transaction: ServerTransaction): void {
    transaction.locked.delete(row);
    this.#handOn(row);
  }

  /** Gives up what the transaction holds and waits for. */
  release(transaction: ServerTransaction): void {
    const { awaited } = transaction;
    if (awaited !== undefined) {
      const waiter = this.#locks.get(awaited)?.waiters.find((one) => one.transaction === transaction);
      if (waiter !== undefined) this.#forget(awaited, waiter);
    }
    const { locked } = transaction;
    const held = [...locked];
    locked.clear();
    for (const row of held) this.#handOn(row);
  }

  #handOn(row: string): void {
    const lock = this.#locks.get(row) as Lock;
    const next = lock.waiters.shift();
    if (next === undefined) this.#locks.delete(row);
    else {
      lock.owner = next.transaction;
      next.transaction.locked.add(row);
      next.grant();
    }
  }

  #forget(row: string, waiter: Waiter): void {
    const waiters = this.#locks.get(row)?.waiters ?? [];
    const index = waiters.indexOf(waiter);
    if (index >= 0) waiters.splice(index, 1);
    waiter.transaction.awaited = undefined;
  }

  #wouldCircle(transaction: ServerTransaction, lock: Lock): boolean {
    for (let owner: ServerTransaction | undefined = lock.owner, hops = 0; owner && hops < 50; hops += 1) {
      if (owner === transaction) return true;
      owner = owner.awaited === undefined ? undefined : this.#locks.get(owner.awaited)?.owner;
    }
    return false;
  }
}
