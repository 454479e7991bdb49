import type { InvalidationEntry } from "@aside/core";
import type { World } from "../world/world.js";
import { RowLocks } from "./row-locks.js";
import type { Row, ServerTransaction } from "./server-transaction.js";

const lockWaitMs = 1_500;

/** The database that all processes share: read committed, one writer per row from its statement to its end. */
export class SimDatabase {
  readonly locks: RowLocks;
  readonly rows = new Map<string, Row>();
  /** When rows end that do. */
  readonly ends = new Map<string, number>();
  readonly log = new Map<string, InvalidationEntry>();
  downUntilMs = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.locks = new RowLocks(world.scheduler, lockWaitMs);
  }

  get up(): boolean {
    return this.#world.scheduler.nowMs >= this.downUntilMs;
  }

  /** The row as `transaction` sees it now; as everybody does without one. */
  row(name: string, transaction?: ServerTransaction): Row | undefined {
    return transaction?.changes.has(name) ? transaction.changes.get(name) : this.rows.get(name);
  }

  /** When the row ends, as `transaction` sees it. */
  endOf(name: string, transaction?: ServerTransaction): number | undefined {
    return transaction?.ends.has(name) ? transaction.ends.get(name) : this.ends.get(name);
  }

  commit(transaction: ServerTransaction): void {
    if (!transaction.active) return;
    transaction.active = false;
    for (const [name, row] of transaction.changes) {
      if (row === undefined) this.rows.delete(name);
      else this.rows.set(name, row);
    }
    for (const [name, endsAtMs] of transaction.ends) {
      if (endsAtMs === undefined) this.ends.delete(name);
      else this.ends.set(name, endsAtMs);
    }
    for (const entry of transaction.appended) this.log.set(entry.id, entry);
    const gone = transaction.removed.filter((id) => this.log.delete(id));
    this.#world.history.committed(transaction, gone);
    this.locks.release(transaction);
  }

  rollback(transaction: ServerTransaction): void {
    if (!transaction.active) return;
    transaction.active = false;
    this.locks.release(transaction);
  }
}
