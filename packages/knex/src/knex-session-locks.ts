import {
  type AcquireOptions,
  AsideError,
  type Clock,
  type Lock,
  type LockProvider,
  type Milliseconds,
} from "@aside/core";
import type { ConnectionPool } from "./connection-pool.js";
import type { Dialect, Session, SessionLockWords } from "./dialect/dialect.js";
import { HeldLock, type LockGrip } from "./held-lock.js";
import { toAsideError } from "./knex-errors.js";
import { acquireWithin } from "./lock-wait.js";
import { checkRowKey } from "./row-key.js";

export interface KnexSessionLocksParts {
  readonly words: SessionLockWords;
  readonly dialect: Dialect;
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly isInTransaction: () => boolean;
  /** Throws once the database is closed. */
  readonly refuseIfClosed: () => void;
  /** The locks that are held, which end with the database. */
  readonly held: Set<HeldLock>;
}

/**
 * Locks that the server keeps for a session: PostgreSQL's advisory locks, MySQL's `GET_LOCK`. Made by `database.sessionLocks()`.
 *
 * Each lock that is held has a connection of the pool to itself, so keep them few. It is free as soon as its holder's process or connection dies, not
 * at the end of a ttl: a holder that is only paused keeps it, and is told by `signal` at the end of its ttl, or when its connection breaks. The
 * server may notice a broken connection before its holder does, so that two hold the lock for a moment: **these locks cannot fence**, and
 * a write that asks for it is refused. They are for work that should not be done twice, not for keeping data right.
 */
export class KnexSessionLocks implements LockProvider {
  readonly fencing = false;
  readonly #parts: KnexSessionLocksParts;

  constructor(parts: KnexSessionLocksParts) {
    this.#parts = parts;
  }

  /**
   * @throws {AsideError} `UNSUPPORTED` within a transaction (take the lock first), and over a pooler that lends its sessions by the
   * transaction. `INVALID_KEY` for a name of more than 1,024 bytes; `DATABASE_UNAVAILABLE`, `DATABASE_TIMEOUT`, `CLOSED`.
   */
  async acquire(name: string, options: AcquireOptions): Promise<Lock | undefined> {
    checkRowKey(name);
    if (this.#parts.isInTransaction()) {
      throw new AsideError("UNSUPPORTED", "A lock is taken before the transaction, not within it.");
    }
    return acquireWithin(this.#parts.clock, options, () => this.#attempt(name, options.ttlMs));
  }

  /** Keeps a connection only with a lock: those who wait must not take all of them from the one who works. */
  async #attempt(name: string, ttlMs: Milliseconds): Promise<HeldLock | undefined> {
    const { words, dialect, pool, clock, refuseIfClosed, held } = this.#parts;
    refuseIfClosed();
    const askedAtMs = clock.monotonicMs();
    let session: Session | undefined;
    try {
      session = await pool.acquire();
      if (!session.isOwn) {
        throw new AsideError(
          "UNSUPPORTED",
          "The connection leads to a pooler, which lends its sessions to others.",
        );
      }
      const row = dialect.sql.encodeText(name);
      const { rows } = await session.execute(words.take, [row]);
      if (Number(rows[0]?.[0]) !== 1) {
        pool.release(session);
        return undefined;
      }
      refuseIfClosed();
      const grip = new SessionGrip(this.#parts, session, row);
      const lock = new HeldLock({ name, grip, clock, ttlMs, askedAtMs });
      grip.whenBroken(() => lock.lose());
      held.add(lock);
      grip.whenReleased(() => held.delete(lock));
      return lock;
    } catch (error) {
      // It may have been taken; the end of the session gives it back.
      if (session !== undefined) pool.discard(session);
      throw toAsideError(dialect.classify(error), error);
    }
  }
}

class SessionGrip implements LockGrip {
  readonly #parts: KnexSessionLocksParts;
  readonly #session: Session;
  readonly #row: string;
  #broken = false;
  #forget: () => void = () => undefined;
  #told: () => void = () => undefined;
  #released: Promise<void> | undefined;

  constructor(parts: KnexSessionLocksParts, session: Session, row: string) {
    this.#parts = parts;
    this.#session = session;
    this.#row = row;
  }

  /** Calls `then` when the connection breaks before the release. */
  whenBroken(then: () => void): void {
    this.#forget = this.#session.onEnd(() => {
      this.#broken = true;
      then();
      void this.release();
    });
  }

  whenReleased(then: () => void): void {
    this.#told = then;
  }

  /** The lock lives as long as its session: one that answers has it still. */
  async extend(): Promise<boolean> {
    const { dialect } = this.#parts;
    if (this.#broken) return false;
    try {
      await this.#session.execute("SELECT 1", []);
      return true;
    } catch (error) {
      const failure = dialect.classify(error);
      if (!failure.connectionLost) throw toAsideError(failure, error);
      return false;
    }
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const { pool, words } = this.#parts;
    this.#forget();
    if (!this.#broken && (await this.#unlock(words.release))) pool.release(this.#session);
    else pool.discard(this.#session);
    this.#told();
  }

  async #unlock(sql: string): Promise<boolean> {
    try {
      const { rows } = await this.#session.execute(sql, [this.#row]);
      return Number(rows[0]?.[0]) === 1;
    } catch {
      // Whatever it was: with the connection the lock goes, too.
      return false;
    }
  }
}
