import { randomUUID } from "node:crypto";
import type {
  PersistedValue,
  PersistenceBackend,
  ReadOptions,
  RemoveResult,
  Version,
  WriteOptions,
  WriteResult,
} from "../backend/persistence-backend.js";
import type { ValueCodec } from "../backend/value-codec.js";
import { richJsonCodec } from "../entry/rich-json-codec.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, UnixMilliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";
import type { MemoryTable } from "./memory-table.js";
import type { MemoryTransaction } from "./memory-transaction.js";
import { MemoryTransactions } from "./memory-transactions.js";

/** How a `MemoryPersistence` is put together. */
export interface MemoryPersistenceOptions {
  /** The database it belongs to. Default: one of its own, without an invalidation log. */
  readonly transactions?: MemoryTransactions | undefined;
  /** Tells when rows end. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Values are kept as its text, so that nobody shares an object. Default: `richJsonCodec`. */
  readonly codec?: ValueCodec | undefined;
}

interface StoredRow {
  readonly text: string;
  readonly version: Version;
  readonly expiresAtMs: UnixMilliseconds | undefined;
  /** The greatest fencing token that wrote the row. A removal forgets it. */
  readonly fence: bigint | undefined;
}

type Refusal = { readonly reason: "version" | "fenced"; readonly version: Version | undefined };
type Conditions = Pick<WriteOptions, "expectedVersion" | "fencingToken">;

/** The reference `PersistenceBackend`, in the memory of this process: for tests, and for data that may be lost with it. */
export class MemoryPersistence<V> implements PersistenceBackend<V> {
  readonly transactions: MemoryTransactions;
  readonly #clock: Clock;
  readonly #codec: ValueCodec;
  readonly #table: MemoryTable<StoredRow>;
  /** Versions are this and a number: a collection of a later process repeats none that somebody still remembers. */
  readonly #versionPrefix = `${randomUUID()}-`;
  #lastVersion = 0;

  constructor(options: MemoryPersistenceOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#codec = options.codec ?? richJsonCodec;
    this.transactions = options.transactions ?? new MemoryTransactions({ clock: this.#clock });
    this.#table = this.transactions.newTable<StoredRow>();
  }

  async readMany(
    keys: readonly string[],
    options: ReadOptions = {},
  ): Promise<ReadonlyMap<string, PersistedValue<V>>> {
    const transaction = this.transactions.current();
    keys.forEach(checkKey);
    if (options.forUpdate === true) {
      if (transaction === undefined) throw new TypeError("forUpdate needs a surrounding transaction");
      // In one order for all, so that two such reads do not wait for each other.
      for (const key of [...keys].sort()) await this.#table.lock(key, transaction);
    }
    transaction?.checkActive();
    const found = new Map<string, PersistedValue<V>>();
    for (const key of keys) {
      const row = this.#liveRow(key, transaction);
      if (row !== undefined) found.set(key, this.#persisted(row));
    }
    return found;
  }

  async write(key: string, value: V, options: WriteOptions = {}): Promise<WriteResult> {
    checkKey(key);
    const text = this.#codec.encode(value);
    return this.transactions.statement(async (transaction) => {
      await this.#table.lock(key, transaction);
      const refusal = this.#refusal(key, options, transaction);
      if (refusal !== undefined) return { written: false, ...refusal };
      const version = this.#nextVersion();
      const fence = options.fencingToken ?? this.#table.get(key, transaction)?.fence;
      const expiresAtMs =
        options.expiresAtMs === "keep" ? this.#liveRow(key, transaction)?.expiresAtMs : options.expiresAtMs;
      this.#table.put(key, { text, version, expiresAtMs, fence }, transaction);
      return { written: true, version };
    });
  }

  async remove(key: string, options: Conditions = {}): Promise<RemoveResult> {
    checkKey(key);
    return this.transactions.statement(async (transaction) => {
      await this.#table.lock(key, transaction);
      const refusal = this.#refusal(key, options, transaction);
      if (refusal !== undefined) return { removed: false, ...refusal };
      if (this.#liveRow(key, transaction) === undefined) return { removed: false };
      this.#table.put(key, undefined, transaction);
      return { removed: true };
    });
  }

  async touch(key: string, expiresAtMs: UnixMilliseconds): Promise<boolean> {
    checkKey(key);
    return this.transactions.statement(async (transaction) => {
      await this.#table.lock(key, transaction);
      const row = this.#liveRow(key, transaction);
      if (row === undefined) return false;
      this.#table.put(key, { ...row, expiresAtMs }, transaction);
      return true;
    });
  }

  async removeExpired(limit: number): Promise<number> {
    return this.transactions.statement(async (transaction) => {
      let removed = 0;
      for (const [key, row] of [...this.#table.rows(transaction)]) {
        if (removed >= limit) break;
        // A row that somebody is writing is left alone: it may be on its way back.
        if (this.#isLive(row) || !this.#table.tryLock(key, transaction)) continue;
        this.#table.put(key, undefined, transaction);
        removed += 1;
      }
      return removed;
    });
  }

  #persisted(row: StoredRow): PersistedValue<V> {
    const value = this.#codec.decode(row.text) as V;
    return row.expiresAtMs === undefined
      ? { value, version: row.version }
      : { value, version: row.version, expiresAtMs: row.expiresAtMs };
  }

  #liveRow(key: string, transaction: MemoryTransaction | undefined): StoredRow | undefined {
    const row = this.#table.get(key, transaction);
    return row !== undefined && this.#isLive(row) ? row : undefined;
  }

  #isLive(row: StoredRow): boolean {
    return row.expiresAtMs === undefined || row.expiresAtMs > this.#clock.nowMs();
  }

  /** Why the row must be left as it is. */
  #refusal(key: string, conditions: Conditions, transaction: MemoryTransaction): Refusal | undefined {
    const { expectedVersion, fencingToken } = conditions;
    const version = this.#liveRow(key, transaction)?.version;
    // A row that ended still knows its fence: its last writer is no less overtaken for that.
    const fence = this.#table.get(key, transaction)?.fence;
    if (fencingToken !== undefined && fence !== undefined && fencingToken < fence) {
      return { reason: "fenced", version };
    }
    if (expectedVersion === undefined || (expectedVersion ?? undefined) === version) return undefined;
    return { reason: "version", version };
  }

  #nextVersion(): Version {
    this.#lastVersion += 1;
    return this.#versionPrefix + this.#lastVersion.toString(36);
  }
}

function checkKey(key: string): void {
  if (typeof key !== "string" || /\p{Surrogate}/u.test(key)) {
    throw new AsideError("INVALID_KEY", "A key must be a well-formed string");
  }
}
