import { randomBytes } from "node:crypto";
import {
  type AcquireOptions,
  AsideError,
  type Clock,
  type Lock,
  type LockProvider,
  type Milliseconds,
} from "@aside/core";
import { HeldLock, type LockGrip } from "./held-lock.js";
import type { LeaseTable } from "./lease-table.js";
import { acquireWithin } from "./lock-wait.js";
import { checkRowKey } from "./row-key.js";
import type { StatementExecutor } from "./statement-executor.js";

export interface KnexLeaseLocksParts {
  readonly table: LeaseTable;
  readonly clock: Clock;
  readonly encode: (text: string) => string;
  readonly isInTransaction: () => boolean;
  /** Does statements outside of every transaction. */
  readonly statements: <T>(work: (executor: StatementExecutor) => Promise<T>) => Promise<T>;
}

/** Nobody is asked more often than this to take a lock back. It ends by itself. */
const releaseAttempts = 2;

/**
 * Locks as rows of a table, each with a fencing token that grows with every grant. Made by `database.locks()`.
 *
 * A lock outlives connections and processes, for its ttl. Its end goes by the clock of the database alone; its holder is told by its own clock, which
 * runs from before the lock was asked for. A holder that is paused beyond the end may go on without knowing: give `lock.fencingToken` to the
 * writes under the lock, and a row that a later holder has written refuses them in the same statement.
 */
export class KnexLeaseLocks implements LockProvider {
  readonly fencing = true;
  readonly #parts: KnexLeaseLocksParts;

  constructor(parts: KnexLeaseLocksParts) {
    this.#parts = parts;
  }

  /**
   * @throws {AsideError} `UNSUPPORTED` within a transaction: the lock would be released before the commit; take it first.
   * `INVALID_KEY` for a name of more than 1,024 bytes; `DATABASE_UNAVAILABLE`, `DATABASE_TIMEOUT`, `CLOSED`.
   */
  async acquire(name: string, options: AcquireOptions): Promise<Lock | undefined> {
    checkRowKey(name);
    if (this.#parts.isInTransaction()) {
      throw new AsideError("UNSUPPORTED", "A lock is taken before the transaction, not within it.");
    }
    return acquireWithin(this.#parts.clock, options, (first) => this.#attempt(name, options.ttlMs, first));
  }

  /** Looks before it writes, but for the first time, since mostly nobody holds the lock. */
  async #attempt(name: string, ttlMs: Milliseconds, first: boolean): Promise<HeldLock | undefined> {
    const { table, clock, encode, statements } = this.#parts;
    const row = encode(name);
    const owner = randomBytes(12).toString("base64url");
    const grip = new Lease(this.#parts, row, owner);
    return statements(async (executor) => {
      if (!first && (await executor.query(table.isTaken, [row])).rows.length > 0) return undefined;
      const askedAtMs = clock.monotonicMs();
      try {
        const { upserted } = await executor.execute(table.take, [row, owner, Math.ceil(ttlMs)]);
        if (!upserted) return undefined;
        const token = (await executor.query(table.tokenOf, [row, owner])).rows[0]?.[0];
        // It has run out already.
        if (token === undefined) return undefined;
        return new HeldLock({ name, fencingToken: BigInt(String(token)), grip, clock, ttlMs, askedAtMs });
      } catch (error) {
        // It may have been taken, for nobody: given back behind the caller.
        void grip.release();
        throw error;
      }
    });
  }
}

class Lease implements LockGrip {
  readonly #parts: KnexLeaseLocksParts;
  readonly #row: string;
  readonly #owner: string;

  constructor(parts: KnexLeaseLocksParts, row: string, owner: string) {
    this.#parts = parts;
    this.#row = row;
    this.#owner = owner;
  }

  extend(ttlMs: Milliseconds): Promise<boolean> {
    const { table, statements } = this.#parts;
    const mine = [this.#row, this.#owner];
    return statements(async (executor) => {
      const { changes } = await executor.execute(table.extend, [Math.ceil(ttlMs), ...mine]);
      // A driver that was told to count changed rows finds none where the end is the same already.
      return changes > 0 || (await executor.query(table.tokenOf, mine)).rows.length > 0;
    });
  }

  async release(): Promise<void> {
    const { table, statements } = this.#parts;
    for (let attempt = 1; attempt <= releaseAttempts; attempt += 1) {
      try {
        await statements((executor) => executor.execute(table.release, [this.#row, this.#owner]));
        return;
      } catch {
        // Not confirmed. The holder has gone by now, and must not fail for it: the lock ends by itself.
      }
    }
  }
}
