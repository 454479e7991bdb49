import type { PersistedValue, PersistenceBackend } from "../backend/persistence-backend.js";
import { isAsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { databaseLate, withDeadline } from "./deadline.js";

export interface RowReaderOptions<V> {
  readonly store: string;
  readonly persistence: PersistenceBackend<V>;
  readonly clock: Clock;
  readonly timeoutMs: Milliseconds;
}

interface Waiting<V> {
  readonly key: string;
  readonly resolve: (row: PersistedValue<V> | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads rows outside of every transaction. Reads of one tick go to the database together. */
export class RowReader<V> {
  readonly #options: RowReaderOptions<V>;
  #waiting: Waiting<V>[] = [];

  constructor(options: RowReaderOptions<V>) {
    this.#options = options;
  }

  /** Resolves with `undefined` when there is no row. */
  read(key: string): Promise<PersistedValue<V> | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#waiting.length > 1) return;
      process.nextTick(() => {
        const batch = this.#waiting;
        this.#waiting = [];
        void this.#readBatch(batch);
      });
    });
  }

  async #readBatch(batch: readonly Waiting<V>[]): Promise<void> {
    const { persistence, clock, timeoutMs, store } = this.#options;
    try {
      const reading = persistence.readMany(batch.map(({ key }) => key));
      const rows = await withDeadline(clock, timeoutMs, reading, () => databaseLate(store));
      for (const { key, resolve } of batch) resolve(rows.get(key));
    } catch (error) {
      // One key that the database cannot hold, or one damaged row, must not fail the others that happened to be read with it.
      if (batch.length > 1 && !concernsAll(error)) {
        for (const one of batch) void this.#readBatch([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

/** Whether the database failed, and not something about one of the rows. */
function concernsAll(error: unknown): boolean {
  return isAsideError(error) && error.code !== "INVALID_KEY" && error.code !== "INVALID_VALUE";
}
