import {
  AsideError,
  type PersistedValue,
  type PersistenceBackend,
  type ReadOptions,
  type RemoveResult,
  type WriteOptions,
  type WriteResult,
} from "@aside/core";
import { context } from "../world/context.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import type { Row, ServerTransaction } from "./server-transaction.js";
import type { SimTransactions } from "./sim-transactions.js";

/** Rows of one table, as one process reaches them. A row's version is the id of its value, which never comes again. */
export class SimCollection implements PersistenceBackend<Row> {
  readonly transactions: SimTransactions;
  readonly #world: World;
  readonly #process: SimProcess;

  constructor(world: World, process: SimProcess, transactions: SimTransactions) {
    this.#world = world;
    this.#process = process;
    this.transactions = transactions;
  }

  async readMany(
    keys: readonly string[],
    options: ReadOptions = {},
  ): Promise<ReadonlyMap<string, PersistedValue<Row>>> {
    const names = keys.map(rowName);
    const verb = options.forUpdate === true ? "lock" : "select";
    const inTransaction = this.transactions.current() !== undefined;
    // The loads of flights run in the context of no operation; an update that was overtaken reads for itself.
    const operation = inTransaction ? undefined : context.getStore()?.operation;
    const inFlight = !inTransaction && operation === undefined;
    const load = inFlight ? this.#world.loads.beginLoad(this.#process, keys) : undefined;
    const sentAtMs = this.#world.scheduler.nowMs;
    try {
      const rows = await this.transactions.statement<(Row | undefined)[]>(
        `${verb} ${keys.join(" ")}`,
        (transaction, finish, refuse) => {
          const select = (): void => finish(names.map((name) => this.#world.database.row(name, transaction)));
          if (options.forUpdate === true) this.#lockAll(names, transaction, select, refuse);
          else select();
        },
      );
      const found = new Map<string, PersistedValue<Row>>();
      for (const [index, key] of keys.entries()) {
        const row = rows[index];
        if (row !== undefined) found.set(key, { value: row, version: row.id });
      }
      return found;
    } finally {
      load?.end();
      if (operation !== undefined) operation.databaseMs += this.#world.scheduler.nowMs - sentAtMs;
    }
  }

  /** Rows never end, so there is no end to keep. */
  write(key: string, value: Row, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#change<WriteResult>(`write ${key} ${value.id}`, key, (name, transaction) => {
      const standing = this.#world.database.row(name, transaction);
      if (!stands(standing, options)) {
        this.#world.history.sawRow(transaction.facts, name);
        return { written: false, reason: "version", version: standing?.id };
      }
      this.#world.history.checkPrevious(transaction.facts, value, standing);
      transaction.changes.set(name, value);
      return { written: true, version: value.id };
    });
  }

  remove(key: string, options: Pick<WriteOptions, "expectedVersion"> = {}): Promise<RemoveResult> {
    return this.#change<RemoveResult>(`remove ${key}`, key, (name, transaction) => {
      const standing = this.#world.database.row(name, transaction);
      const expected = stands(standing, options);
      if (!expected || standing === undefined) {
        this.#world.history.sawRow(transaction.facts, name);
        return expected ? { removed: false } : { removed: false, reason: "version", version: standing?.id };
      }
      transaction.changes.set(name, undefined);
      return { removed: true };
    });
  }

  async touch(): Promise<boolean> {
    throw new AsideError("UNSUPPORTED", "simulated: rows do not expire");
  }

  async removeExpired(): Promise<number> {
    return 0;
  }

  #change<T>(
    what: string,
    key: string,
    change: (name: string, transaction: ServerTransaction) => T,
  ): Promise<T> {
    const name = rowName(key);
    return this.transactions.statement<T>(what, (transaction, finish, refuse) => {
      this.#lockAll([name], transaction, () => finish(change(name, transaction)), refuse);
    });
  }

  #lockAll(
    names: readonly string[],
    transaction: ServerTransaction,
    granted: () => void,
    refuse: (error: AsideError) => void,
  ): void {
    const [name, ...others] = names;
    if (name === undefined) granted();
    else {
      this.#world.database.locks.acquire(
        name,
        transaction,
        () => this.#lockAll(others, transaction, granted, refuse),
        () => refuse(new AsideError("TRANSACTION_CONFLICT", "simulated: deadlock or lock wait")),
      );
    }
  }
}

/** Whether a row is the one that a change is to replace. */
function stands(row: Row | undefined, { expectedVersion }: Pick<WriteOptions, "expectedVersion">): boolean {
  return expectedVersion === undefined || (expectedVersion ?? undefined) === row?.id;
}

/** Reads and writes source rows: the application's own SQL. */
export class Sources {
  readonly #world: World;
  readonly #transactions: SimTransactions;

  constructor(world: World, transactions: SimTransactions) {
    this.#world = world;
    this.#transactions = transactions;
  }

  /** In one statement, so of one snapshot. */
  read(sources: readonly number[]): Promise<(string | null)[]> {
    return this.#transactions.statement(`select sources ${sources.join(" ")}`, (transaction, finish) =>
      finish(sources.map((source) => this.#world.database.row(sourceName(source), transaction)?.id ?? null)),
    );
  }

  write(source: number, row: Row): Promise<void> {
    return this.#transactions.statement(`write source ${source} ${row.id}`, (transaction, finish, refuse) => {
      const name = sourceName(source);
      this.#world.database.locks.acquire(
        name,
        transaction,
        () => {
          transaction.changes.set(name, row);
          finish(undefined);
        },
        () => refuse(new AsideError("TRANSACTION_CONFLICT", "simulated: deadlock or lock wait")),
      );
    });
  }
}

export function rowName(key: string): string {
  return `row:${key}`;
}

export function sourceName(source: number): string {
  return `source:${source}`;
}
