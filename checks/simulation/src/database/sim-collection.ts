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
    const forUpdate = options.forUpdate === true;
    const within = this.transactions.current() !== undefined;
    if (forUpdate && !within) throw new AsideError("UNSUPPORTED", "simulated: a lock outlives no statement");
    const wanted = [...new Set(keys)];
    const nowMs = this.#process.clock.nowMs();
    const { database, loads, scheduler } = this.#world;
    // The loads of flights run in the context of no operation; an update that was overtaken reads for itself.
    const operation = within ? undefined : context.getStore()?.operation;
    const inFlight = !within && operation === undefined;
    const load = inFlight ? loads.beginLoad(this.#process, keys) : undefined;
    const sentAtMs = scheduler.nowMs;
    try {
      const read = await this.transactions.statement<Map<string, PersistedValue<Row>>>(
        `${forUpdate ? "lock" : "select"} ${keys.join(" ")}`,
        (transaction, finish, refuse) => {
          const select = (): void => {
            const found = new Map<string, PersistedValue<Row>>();
            for (const key of wanted) {
              const name = rowName(key);
              const row = this.#live(name, transaction, nowMs);
              if (row === undefined) continue;
              const expiresAtMs = database.endOf(name, transaction);
              const version = row.id;
              found.set(
                key,
                expiresAtMs === undefined ? { value: row, version } : { value: row, version, expiresAtMs },
              );
            }
            finish(found);
          };
          if (!forUpdate) select();
          else {
            const names = wanted.map(rowName).sort();
            const present = names.filter(
              (name) => database.row(name, transaction) !== undefined || database.locks.isLocked(name),
            );
            const absent = names.filter((name) => !present.includes(name));
            this.#lockAll([...present, ...absent], transaction, select, refuse);
          }
        },
      );
      if (inFlight) this.#process.failLoad();
      return read;
    } finally {
      load?.end();
      if (operation !== undefined) operation.databaseMs += scheduler.nowMs - sentAtMs;
    }
  }

  async write(key: string, value: Row, options: WriteOptions = {}): Promise<WriteResult> {
    refuseFencing(options);
    const { expectedVersion, expiresAtMs } = options;
    return this.#change<WriteResult>(`write ${key} ${value.id}`, key, (name, transaction, nowMs) => {
      const standing = this.#live(name, transaction, nowMs);
      if (expectedVersion !== undefined && (expectedVersion ?? undefined) !== standing?.id) {
        this.#world.history.sawRow(transaction.facts, name);
        return { written: false, reason: "version", version: standing?.id };
      }
      this.#world.history.checkPrevious(transaction.facts, value, standing);
      transaction.changes.set(name, value);
      const kept = standing === undefined ? undefined : this.#world.database.endOf(name, transaction);
      transaction.ends.set(name, expiresAtMs === "keep" ? kept : expiresAtMs);
      return { written: true, version: value.id };
    });
  }

  async remove(
    key: string,
    options: Pick<WriteOptions, "expectedVersion" | "fencingToken"> = {},
  ): Promise<RemoveResult> {
    refuseFencing(options);
    const { expectedVersion } = options;
    const remove = (name: string, transaction: ServerTransaction, nowMs: number): RemoveResult => {
      const standing = this.#live(name, transaction, nowMs);
      if (standing === undefined) {
        this.#world.history.sawRow(transaction.facts, name);
        return { removed: false };
      }
      if (expectedVersion !== undefined && expectedVersion !== standing.id) {
        this.#world.history.sawRow(transaction.facts, name);
        return { removed: false, reason: "version", version: standing.id };
      }
      transaction.changes.set(name, undefined);
      transaction.ends.set(name, undefined);
      return { removed: true };
    };
    // There is nothing to remove, only to look at; a lock would end with the statement.
    if (expectedVersion === null && this.transactions.current() === undefined) {
      const nowMs = this.#process.clock.nowMs();
      return this.transactions.statement(`look at ${key}`, (transaction, finish) =>
        finish(remove(rowName(key), transaction, nowMs)),
      );
    }
    return this.#change<RemoveResult>(`remove ${key}`, key, remove);
  }

  async touch(key: string, expiresAtMs: number): Promise<boolean> {
    const alone = this.transactions.current() === undefined;
    const { scheduler } = this.#world;
    const operation = alone ? context.getStore()?.operation : undefined;
    const sentAtMs = scheduler.nowMs;
    try {
      return await this.#touch(key, expiresAtMs);
    } finally {
      if (operation !== undefined) operation.databaseMs += scheduler.nowMs - sentAtMs;
    }
  }

  #touch(key: string, expiresAtMs: number): Promise<boolean> {
    return this.#change(`touch ${key}`, key, (name, transaction, nowMs) => {
      if (transaction.main) this.#world.history.sawRow(transaction.facts, name);
      if (this.#live(name, transaction, nowMs) === undefined) return false;
      transaction.ends.set(name, expiresAtMs);
      return true;
    });
  }

  removeExpired(limit: number): Promise<number> {
    const nowMs = this.#process.clock.nowMs();
    const { database } = this.#world;
    return this.transactions.statement("sweep", (transaction, finish, refuse) => {
      const endOf = (name: string): number => database.endOf(name, transaction) ?? Number.POSITIVE_INFINITY;
      const ended = [...new Set([...database.ends.keys(), ...transaction.ends.keys()])]
        .filter((name) => endOf(name) <= nowMs)
        .sort((one, other) => endOf(one) - endOf(other))
        .slice(0, limit);
      const sweep = (): void => {
        const gone = ended.filter((name) => endOf(name) <= nowMs);
        for (const name of gone) {
          transaction.changes.set(name, undefined);
          transaction.ends.set(name, undefined);
        }
        finish(gone.length);
      };
      this.#lockAll(ended.sort(), transaction, sweep, refuse);
    });
  }

  /** The row, unless there is none or it has ended by the clock of this process. */
  #live(name: string, transaction: ServerTransaction, nowMs: number): Row | undefined {
    const { database } = this.#world;
    const endsAtMs = database.endOf(name, transaction);
    return endsAtMs !== undefined && endsAtMs <= nowMs ? undefined : database.row(name, transaction);
  }

  #change<T>(
    what: string,
    key: string,
    change: (name: string, transaction: ServerTransaction, nowMs: number) => T,
  ): Promise<T> {
    const name = rowName(key);
    const nowMs = this.#process.clock.nowMs();
    const { database } = this.#world;
    return this.transactions.statement<T>(what, (transaction, finish, refuse) => {
      const held = transaction.locked.has(name);
      const granted = (): void => {
        const result = change(name, transaction, nowMs);
        // A lock on a row that is none: InnoDB with READ COMMITTED gives it back, as a rule.
        const idle = !transaction.changes.has(name) && database.row(name, transaction) === undefined;
        if (idle && !held) database.locks.releaseOne(name, transaction);
        finish(result);
      };
      this.#lockAll([name], transaction, granted, refuse);
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

function refuseFencing({ fencingToken }: WriteOptions): void {
  if (fencingToken !== undefined) throw new AsideError("UNSUPPORTED", "simulated: no fencing");
}

export function rowName(key: string): string {
  return `row:${key}`;
}

export function sourceName(source: number): string {
  return `source:${source}`;
}
