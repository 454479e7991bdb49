import type { MemoryTransaction } from "./memory-transaction.js";

/** Rows by key: the committed ones, and for each transaction under way its own changes on top, which nobody else sees. */
export class MemoryTable<Row> {
  readonly #name: string;
  readonly #committed = new Map<string, Row>();
  /** `undefined` stands for a removal. */
  readonly #changes = new WeakMap<MemoryTransaction, Map<string, Row | undefined>>();

  /** @param name - unique within the database, without a colon: part of the names of its locks. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The row as `transaction` sees it; as everybody does without one. */
  get(key: string, transaction: MemoryTransaction | undefined): Row | undefined {
    const changes = transaction && this.#changes.get(transaction);
    return changes?.has(key) ? changes.get(key) : this.#committed.get(key);
  }

  /** All rows as `transaction` sees them, in no order. */
  *rows(transaction: MemoryTransaction | undefined): Generator<readonly [string, Row]> {
    const changes = transaction && this.#changes.get(transaction);
    for (const entry of this.#committed) if (!changes?.has(entry[0])) yield entry;
    for (const [key, row] of changes ?? []) if (row !== undefined) yield [key, row];
  }

  /** Takes the lock of a row, there or not. */
  async lock(key: string, transaction: MemoryTransaction): Promise<void> {
    await transaction.lock(`${this.#name}:${key}`);
  }

  tryLock(key: string, transaction: MemoryTransaction): boolean {
    return transaction.tryLock(`${this.#name}:${key}`);
  }

  /** Changes a row whose lock the transaction has, or whose key nobody else can know; `undefined` removes it. */
  put(key: string, row: Row | undefined, transaction: MemoryTransaction): void {
    // Between the grant of a lock and this line the transaction may have ended: a change would be lost, or come too late.
    transaction.checkActive();
    let changes = this.#changes.get(transaction);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(transaction, changes);
      transaction.onCommit(() => this.#apply(transaction));
    }
    changes.set(key, row);
  }

  #apply(transaction: MemoryTransaction): void {
    for (const [key, row] of this.#changes.get(transaction) ?? []) {
      if (row === undefined) this.#committed.delete(key);
      else this.#committed.set(key, row);
    }
  }
}
