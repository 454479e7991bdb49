import { AsyncLocalStorage } from "node:async_hooks";
import type { InvalidationLog } from "../backend/invalidation-log.js";
import type { TransactionOptions, TransactionScope } from "../backend/transaction-scope.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";
import { MemoryInvalidationLog } from "./memory-invalidation-log.js";
import { MemoryTable } from "./memory-table.js";
import { MemoryTransaction } from "./memory-transaction.js";
import { RowLocks } from "./row-locks.js";

/** How a `MemoryTransactions` is put together. Wrong options are refused by a `TypeError` at construction. */
export interface MemoryTransactionsOptions {
  /** Whether there is an invalidation log, in memory as well: for tests. Default: `false`, since this database dies with the process. */
  readonly log?: boolean | undefined;
  /** How long a statement waits for a row that another transaction holds. Default: 5,000. */
  readonly lockWaitMs?: Milliseconds | undefined;
  /** How often a repeatable transaction is run again after a conflict. Default: 10. */
  readonly maxRepeats?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/**
 * The reference `TransactionScope`, in the memory of this process: read committed, one writer per row from its statement to the end.
 * Transactions that wait for each other's rows are found at once: the one that closes the circle rejects with `TRANSACTION_CONFLICT`,
 * or is run again where it is repeatable.
 */
export class MemoryTransactions implements TransactionScope {
  readonly log: InvalidationLog | undefined;
  readonly #locks: RowLocks<MemoryTransaction>;
  readonly #maxRepeats: number;
  #tables = 0;
  readonly #ambient = new AsyncLocalStorage<MemoryTransaction | undefined>();

  constructor(options: MemoryTransactionsOptions = {}) {
    const clock = options.clock ?? systemClock;
    const lockWaitMs = options.lockWaitMs ?? 5_000;
    const maxRepeats = options.maxRepeats ?? 10;
    if (!(lockWaitMs >= 0)) throw new TypeError("MemoryTransactions: lockWaitMs must be at least 0");
    if (!Number.isInteger(maxRepeats) || maxRepeats < 0) {
      throw new TypeError("MemoryTransactions: maxRepeats must be a whole number of at least 0");
    }
    this.#locks = new RowLocks(clock, lockWaitMs);
    this.#maxRepeats = maxRepeats;
    this.log = options.log === true ? new MemoryInvalidationLog(this, clock) : undefined;
  }

  async run<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const surrounding = this.current();
    if (surrounding !== undefined) return this.#join(surrounding, work);
    const attempts = options.repeatable === true ? this.#maxRepeats + 1 : 1;
    for (let attempt = 1; ; attempt += 1) {
      const transaction = new MemoryTransaction(this.#locks);
      try {
        return await this.#attempt(transaction, work);
      } catch (error) {
        // No pause is needed: the rows of the loser have gone to those who waited, and it waits behind them.
        if (!transaction.conflicted || attempt === attempts) throw error;
      }
    }
  }

  current(): MemoryTransaction | undefined {
    const transaction = this.#ambient.getStore();
    // The context of work that outlives its transaction still leads to it.
    return transaction?.active ? transaction : undefined;
  }

  outside<T>(work: () => T): T {
    return this.#ambient.run(undefined, work);
  }

  /** For collections: runs one statement in the surrounding transaction, else in one of its own. */
  async statement<T>(body: (transaction: MemoryTransaction) => Promise<T>): Promise<T> {
    const surrounding = this.current();
    if (surrounding !== undefined) {
      surrounding.checkActive();
      return body(surrounding);
    }
    const transaction = new MemoryTransaction(this.#locks);
    try {
      const result = await body(transaction);
      transaction.commit();
      return result;
    } catch (error) {
      transaction.rollback();
      throw error;
    }
  }

  /** For collections: a table of its own within this database. */
  newTable<Row>(): MemoryTable<Row> {
    this.#tables += 1;
    return new MemoryTable<Row>(String(this.#tables));
  }

  async #join<T>(transaction: MemoryTransaction, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      transaction.spoil(error);
      throw error;
    }
  }

  async #attempt<T>(transaction: MemoryTransaction, work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await this.#ambient.run(transaction, async () => {
        const value = await work();
        await transaction.beforeCommit();
        return value;
      });
      transaction.commit();
    } catch (error) {
      transaction.rollback();
      // The error of the work goes before one of a participant that broke its promise not to reject.
      await this.outside(() => transaction.tellEnd({ outcome: "rolled-back" })).catch(() => undefined);
      throw error;
    }
    await this.outside(() => transaction.tellEnd({ outcome: "committed" }));
    return result;
  }
}
