import type { InvalidationLog } from "./invalidation-log.js";

/** How a transaction ended. */
export type TransactionEnd =
  | { readonly outcome: "committed" }
  | { readonly outcome: "rolled-back" }
  | {
      /** COMMIT was sent and its reply was lost. */
      readonly outcome: "unknown";
      /**
       * Resolves with `"gone"` once the session that sent COMMIT cannot commit any more (it ended one way or the other), or
       * with `"waited"` when that could not be found out within the scope's `unknownCommitMs`. Never rejects.
       */
      readonly settled: Promise<"gone" | "waited">;
    };

/** Somebody who has to act at the end of a transaction: the holds of a store. */
export interface TransactionParticipant {
  /**
   * Runs inside the transaction, once, after all work and just before COMMIT. Its statements commit with the rest;
   * its rejection rolls the transaction back.
   */
  beforeCommit(): Promise<void>;

  /** Runs outside the transaction once its end is known; the caller of `run` waits for it. Must not reject. */
  afterEnd(end: TransactionEnd): Promise<void>;
}

/** A transaction under way. */
export interface Transaction {
  /**
   * The participant kept under `key`, made by `create` at the first call. Participants act in the order in which they were made;
   * one that comes while others run `beforeCommit` has its turn after them.
   */
  participant<P extends TransactionParticipant>(key: object, create: () => P): P;
}

/** How a transaction is run. */
export interface TransactionOptions {
  /**
   * The work may be run again after a deadlock, a serialization failure or a busy database, a bounded number of times:
   * it must have no effect but through the database. A joined `run` is never repeated by itself. Default: `false`.
   */
  readonly repeatable?: boolean | undefined;
}

/**
 * The transactions of one database, shared by all collections of that database. The current one is ambient: it
 * follows the asynchronous flow of `work` (`AsyncLocalStorage`).
 */
export interface TransactionScope {
  /**
   * Runs `work` in a transaction and commits, or rolls back when `work` rejects. Within a transaction it joins that one:
   * nothing is committed before the outermost call, and a joined `run` that rejects marks the whole transaction for
   * rollback, also when the outer work catches the error (there are no savepoints): if the outer work resolves, the outermost
   * call rejects with the first such error.
   *
   * @throws whatever `work` throws, unchanged, after the rollback.
   * @throws {AsideError} `COMMIT_UNKNOWN` (`committed: "unknown"`), `TRANSACTION_CONFLICT`, `DATABASE_UNAVAILABLE`,
   *   `DATABASE_TIMEOUT`, `DATABASE_FAILED`, `CLOSED`.
   */
  run<T>(work: () => Promise<T>, options?: TransactionOptions): Promise<T>;

  /** The transaction that surrounds the caller, or `undefined`. */
  current(): Transaction | undefined;

  /** Calls `work` outside the surrounding transaction: what it reads and awaits belongs to none. */
  outside<T>(work: () => T): T;

  /** The invalidation log in this database. `undefined` for a database that dies with the process. */
  readonly log: InvalidationLog | undefined;
}
