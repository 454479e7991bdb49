import { AsideError, type Clock, type ClockTimer, type Lock, type Milliseconds } from "@aside/core";

/** What a lock is in the database. */
export interface LockGrip {
  /** Lets it live for so long from now; `false` when it is not ours any more. */
  extend(ttlMs: Milliseconds): Promise<boolean>;
  /** Gives it back, if it is still ours. Never rejects: what cannot be given back now ends by itself. */
  release(): Promise<void>;
}

export interface HeldLockParts {
  readonly name: string;
  readonly fencingToken?: bigint | undefined;
  readonly grip: LockGrip;
  readonly clock: Clock;
  readonly ttlMs: Milliseconds;
  /** When the lock was asked for, on the monotonic clock. */
  readonly askedAtMs: Milliseconds;
}

/**
 * A lock as its holder sees it. Invariant: the holder's time runs from before the request was sent and the database's from after, so the holder
 * is told that it is over before the database gives the lock to another one.
 */
export class HeldLock implements Lock {
  readonly name: string;
  readonly fencingToken: bigint | undefined;
  readonly #grip: LockGrip;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #endsAtMs: Milliseconds;
  #timer: ClockTimer | undefined;
  #held = true;
  #released: Promise<void> | undefined;
  /** One after the other, so that the last one sent is the last one done. */
  #extensions: Promise<unknown> = Promise.resolve();

  constructor({ name, fencingToken, grip, clock, ttlMs, askedAtMs }: HeldLockParts) {
    this.name = name;
    this.fencingToken = fencingToken;
    this.#grip = grip;
    this.#clock = clock;
    this.#endsAtMs = askedAtMs + ttlMs;
    this.#setTimer();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async extend(ttlMs: Milliseconds): Promise<void> {
    checkTtl(ttlMs);
    const extension = this.#extensions.then(() => this.#extend(ttlMs));
    this.#extensions = extension.catch(() => undefined);
    return extension;
  }

  async release(): Promise<void> {
    this.#endIfOver();
    this.#end();
    this.#released ??= this.#grip.release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** It is known to be somebody else's, or nobody's. */
  lose(): void {
    if (!this.#held) return;
    this.#end();
    this.#lost.abort(lockLost());
  }

  async #extend(ttlMs: Milliseconds): Promise<void> {
    this.#endIfOver();
    if (!this.#held) throw lockLost();
    const endsAtMs = this.#clock.monotonicMs() + ttlMs;
    let kept: boolean;
    try {
      kept = await this.#grip.extend(ttlMs);
    } catch (error) {
      // Nobody knows which of the two ends stands.
      this.#endAt(Math.min(this.#endsAtMs, endsAtMs));
      throw error;
    }
    if (!kept) this.lose();
    if (!this.#held) {
      // It ran out while the extension was under way, which may have come through all the same.
      await this.#grip.release();
      throw lockLost();
    }
    this.#endAt(endsAtMs);
  }

  #endAt(endsAtMs: Milliseconds): void {
    this.#endsAtMs = endsAtMs;
    if (this.#held) this.#setTimer();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    const leftMs = Math.max(0, this.#endsAtMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(Math.min(leftMs, longestTimerMs), () => this.#timeIsUp(), "tidy");
  }

  #timeIsUp(): void {
    if (this.#clock.monotonicMs() < this.#endsAtMs) this.#setTimer();
    else this.#runOut();
  }

  /** Timers are late in a process that was busy or paused. */
  #endIfOver(): void {
    if (this.#held && this.#clock.monotonicMs() >= this.#endsAtMs) this.#runOut();
  }

  #runOut(): void {
    this.lose();
    this.#released ??= this.#grip.release();
  }

  #end(): void {
    this.#held = false;
    this.#timer?.cancel();
  }
}

/** Timers of Node take no longer delay. */
const longestTimerMs = 2 ** 31 - 1;

/** @throws {TypeError} for what is no lifetime of a lock. */
export function checkTtl(ttlMs: Milliseconds): void {
  if (!(ttlMs >= 1 && ttlMs <= Number.MAX_SAFE_INTEGER)) throw new TypeError("ttlMs must be at least 1");
}

function lockLost(): AsideError {
  return new AsideError("LOCK_LOST", "The lock is not held any more.");
}
