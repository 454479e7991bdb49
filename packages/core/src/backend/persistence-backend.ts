import type { UnixMilliseconds } from "../time/clock.js";
import type { TransactionScope } from "./transaction-scope.js";

/** Names one state of one row. Opaque, compared by equality only, and never repeated for a key, not even after a delete. */
export type Version = string;

/** A row as it was read. */
export interface PersistedValue<V> {
  readonly value: V;
  readonly version: Version;
  /** When the row ends. Absent for a row that does not expire. */
  readonly expiresAtMs?: UnixMilliseconds | undefined;
}

/** How rows are read. */
export interface ReadOptions {
  /**
   * Reads the newest committed state and keeps other writers of these rows waiting until the surrounding transaction ends.
   * Only within a transaction. Default: `false`.
   */
  readonly forUpdate?: boolean | undefined;
}

/** How a row is written, and on which conditions. */
export interface WriteOptions {
  /** Write only if this is the version that stands; `null`: only if there is no row. Default: write whatever stands. */
  readonly expectedVersion?: Version | null | undefined;
  /**
   * The row ends at this instant. `"keep"`: as the live row that it replaces does, whatever moved that one's end last; a row that replaces
   * none, or one that has ended, never ends. Default: never.
   */
  readonly expiresAtMs?: UnixMilliseconds | "keep" | undefined;
  /**
   * Write only if no write with a greater token has been made to this row.
   * A backend that cannot check it rejects with `UNSUPPORTED`.
   */
  readonly fencingToken?: bigint | undefined;
}

/** What became of a conditional write. A lost race is a result, not an error. */
export type WriteResult =
  | { readonly written: true; readonly version: Version }
  | {
      readonly written: false;
      /** Another version stands (`undefined`: no row), or a newer holder of the lock wrote. */
      readonly reason: "version" | "fenced";
      readonly version: Version | undefined;
    };

/** What became of a conditional removal. */
export type RemoveResult =
  | { readonly removed: boolean }
  | { readonly removed: false; readonly reason: "version" | "fenced"; readonly version: Version | undefined };

/**
 * The system of record for one collection of values. Never loses a committed write.
 *
 * Contract for every member:
 * - Safe for concurrent calls. Within a transaction of `transactions` a call belongs to it, else it stands alone.
 * - Reads go to the primary and see a snapshot that is not older than the call. A row past its `expiresAtMs` is absent.
 * - One writer per row at a time, from its statement to its COMMIT (a row lock).
 * - `undefined` and a missing map entry mean absent; `null`, `0`, `""`, `false` are values.
 * - Rejections are `AsideError`s: `DATABASE_UNAVAILABLE`, `DATABASE_TIMEOUT`, `DATABASE_FAILED`, `TRANSACTION_CONFLICT`,
 *   `INVALID_KEY`, `INVALID_VALUE`, `UNSUPPORTED`, `CLOSED`. They never carry bound values.
 *
 * An implementation proves itself with `persistenceBackendContract` of `@aside/core/testing`.
 */
export interface PersistenceBackend<V> {
  /** The transactions of the database that holds the collection. */
  readonly transactions: TransactionScope;

  /** Reads many rows in as few statements as is sensible. Missing rows are not in the result. An empty list does no I/O. */
  readMany(keys: readonly string[], options?: ReadOptions): Promise<ReadonlyMap<string, PersistedValue<V>>>;

  /** Inserts or replaces a row. */
  write(key: string, value: V, options?: WriteOptions): Promise<WriteResult>;

  /** Removes a row. `removed: false` without a reason: there was none, which is what an `expectedVersion` of `null` asks for. */
  remove(
    key: string,
    options?: Pick<WriteOptions, "expectedVersion" | "fencingToken">,
  ): Promise<RemoveResult>;

  /** Moves the end of a live row and nothing else, its version included; resolves with `false` when there is none. */
  touch(key: string, expiresAtMs: UnixMilliseconds): Promise<boolean>;

  /** Deletes at most `limit` rows that have expired; resolves with how many. For sweeping in small batches. */
  removeExpired(limit: number): Promise<number>;
}
