import type {
  PersistedValue,
  PersistenceBackend,
  ReadOptions,
  RemoveResult,
  TransactionScope,
  WriteOptions,
  WriteResult,
} from "@aside/core";
import type { Recorder } from "./recorder.js";

/**
 * The rows of a collection, which announce each numbered state they are written in: within the transaction, once the row is locked. Only there is it
 * certain which state an update makes.
 */
export class AnnouncedRows<V extends { readonly n: number }> implements PersistenceBackend<V> {
  readonly transactions: TransactionScope;
  readonly #rows: PersistenceBackend<V>;
  readonly #store: string;
  readonly #recorder: Recorder;

  constructor(rows: PersistenceBackend<V>, store: string, recorder: Recorder) {
    this.transactions = rows.transactions;
    this.#rows = rows;
    this.#store = store;
    this.#recorder = recorder;
  }

  async write(key: string, value: V, options?: WriteOptions): Promise<WriteResult> {
    const result = await this.#rows.write(key, value, options);
    const write = this.#recorder.current();
    if (result.written && write !== undefined) {
      write.announce(`${this.#store}:${key}`, value.n);
      write.follow(this.transactions.current());
    }
    return result;
  }

  readMany(keys: readonly string[], options?: ReadOptions): Promise<ReadonlyMap<string, PersistedValue<V>>> {
    return this.#rows.readMany(keys, options);
  }

  remove(
    key: string,
    options?: Pick<WriteOptions, "expectedVersion" | "fencingToken">,
  ): Promise<RemoveResult> {
    return this.#rows.remove(key, options);
  }

  touch(key: string, expiresAtMs: number): Promise<boolean> {
    return this.#rows.touch(key, expiresAtMs);
  }

  removeExpired(limit: number): Promise<number> {
    return this.#rows.removeExpired(limit);
  }
}
