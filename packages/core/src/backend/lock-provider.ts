import type { Milliseconds } from "../time/clock.js";

/** How a lock is taken. */
export interface AcquireOptions {
  /** The lock ends by itself after this time unless it is extended. At least 1. */
  readonly ttlMs: Milliseconds;
  /** How long to wait for a lock that is taken. 0: do not wait. */
  readonly waitMs: Milliseconds;
  /** Gives up waiting. The call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A lock that is held. Disposing of it releases it. */
export interface Lock extends AsyncDisposable {
  readonly name: string;
  /** Grows with each grant of the lock. Absent where the provider cannot fence. */
  readonly fencingToken?: bigint | undefined;
  /** Aborts with an `AsideError` `LOCK_LOST` when the lock ran out or is known to be lost. Not by `release`. */
  readonly signal: AbortSignal;
  /**
   * Starts the ttl anew.
   * @throws {AsideError} `LOCK_LOST` when it had been lost.
   */
  extend(ttlMs: Milliseconds): Promise<void>;
  /** Gives the lock back. Idempotent; never releases the lock of a later holder. */
  release(): Promise<void>;
}

/**
 * Mutual exclusion by name. Every lock with a ttl can be lost without its holder noticing in time (a pause is enough),
 * so a write that relies on it needs the fencing token.
 *
 * An implementation proves itself with `lockProviderContract` of `@aside/core/testing`.
 */
export interface LockProvider {
  /** Whether locks carry a fencing token. */
  readonly fencing: boolean;

  /**
   * Takes the lock; resolves with `undefined` when it stayed taken for all of `waitMs`.
   * @throws {AsideError} `CACHE_UNAVAILABLE`, `DATABASE_UNAVAILABLE` or `CLOSED`, by what the provider rests on.
   */
  acquire(name: string, options: AcquireOptions): Promise<Lock | undefined>;
}
