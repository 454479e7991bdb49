import type { AcquireOptions, Lock, LockProvider } from "../backend/lock-provider.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";

/** How a `MemoryLock` is put together. */
export interface MemoryLockOptions {
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

interface Waiter {
  readonly ttlMs: Milliseconds;
  /** Takes the lock that became free. */
  readonly grant: (lock: HeldLock) => void;
}

interface Name {
  holder: HeldLock | undefined;
  /** In the order in which they came. */
  readonly waiters: Waiter[];
}

/**
 * Locks of this process only; the reference `LockProvider`. Waiters get the lock in the order in which they came.
 *
 * Fencing tokens grow over restarts of the process too, as long as its machine's clock is not set back.
 */
export class MemoryLock implements LockProvider {
  readonly fencing = true;
  readonly #clock: Clock;
  readonly #names = new Map<string, Name>();
  #lastToken: bigint;

  constructor(options: MemoryLockOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    // Milliseconds times 2^20: room for a million grants in each, and below 2^63 for some 270 years.
    this.#lastToken = BigInt(Math.floor(this.#clock.nowMs())) << 20n;
  }

  async acquire(name: string, options: AcquireOptions): Promise<Lock | undefined> {
    const { ttlMs, waitMs, signal } = options;
    if (!(ttlMs >= 1)) throw new TypeError("ttlMs must be at least 1");
    if (!(waitMs >= 0)) throw new TypeError("waitMs must be at least 0");
    signal?.throwIfAborted();
    const entry = this.#entry(name);
    if (entry.holder === undefined) return this.#grant(name, entry, ttlMs);
    return waitMs === 0 ? undefined : this.#wait(entry, options);
  }

  #wait(entry: Name, { ttlMs, waitMs, signal }: AcquireOptions): Promise<Lock | undefined> {
    return new Promise((resolve, reject) => {
      // Each way out takes the waiter from the queue in the same turn, so a lock is never granted to one that has gone.
      const leave = () => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        const index = entry.waiters.indexOf(waiter);
        if (index !== -1) entry.waiters.splice(index, 1);
      };
      const waiter: Waiter = {
        ttlMs,
        grant: (lock) => {
          leave();
          resolve(lock);
        },
      };
      const timer = this.#clock.after(waitMs, () => {
        leave();
        resolve(undefined);
      });
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort);
      entry.waiters.push(waiter);
    });
  }

  /** The entry of `name`, its holder gone if its time is over though its timer has not fired yet. */
  #entry(name: string): Name {
    let entry = this.#names.get(name);
    if (entry === undefined) {
      entry = { holder: undefined, waiters: [] };
      this.#names.set(name, entry);
    }
    entry.holder?.endIfOver();
    // Ending it may have emptied the entry and taken it away.
    if (entry.holder === undefined) this.#names.set(name, entry);
    return entry;
  }

  #grant(name: string, entry: Name, ttlMs: Milliseconds): HeldLock {
    this.#lastToken += 1n;
    const lock = new HeldLock(name, this.#lastToken, ttlMs, this.#clock, () => this.#free(name, entry));
    entry.holder = lock;
    return lock;
  }

  /** Called once by each lock, while it is the holder. */
  #free(name: string, entry: Name): void {
    entry.holder = undefined;
    const next = entry.waiters[0];
    if (next === undefined) this.#names.delete(name);
    else next.grant(this.#grant(name, entry, next.ttlMs));
  }
}

class HeldLock implements Lock {
  readonly name: string;
  readonly fencingToken: bigint;
  readonly #clock: Clock;
  readonly #free: () => void;
  readonly #lost = new AbortController();
  #endsAtMs: Milliseconds;
  #timer: ClockTimer;
  #held = true;

  constructor(name: string, fencingToken: bigint, ttlMs: Milliseconds, clock: Clock, free: () => void) {
    this.name = name;
    this.fencingToken = fencingToken;
    this.#clock = clock;
    this.#free = free;
    this.#endsAtMs = clock.monotonicMs() + ttlMs;
    this.#timer = clock.after(ttlMs, () => this.#lose(), "tidy");
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async extend(ttlMs: Milliseconds): Promise<void> {
    if (!(ttlMs >= 1)) throw new TypeError("ttlMs must be at least 1");
    this.endIfOver();
    if (!this.#held) throw lockLost();
    this.#timer.cancel();
    this.#endsAtMs = this.#clock.monotonicMs() + ttlMs;
    this.#timer = this.#clock.after(ttlMs, () => this.#lose(), "tidy");
  }

  async release(): Promise<void> {
    this.endIfOver();
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Timers are late in a process that was busy or paused. */
  endIfOver(): void {
    if (this.#held && this.#clock.monotonicMs() >= this.#endsAtMs) this.#lose();
  }

  #lose(): void {
    if (!this.#held) return;
    this.#end();
    this.#lost.abort(lockLost());
  }

  #end(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#timer.cancel();
    this.#free();
  }
}

function lockLost(): AsideError {
  return new AsideError("LOCK_LOST", "The lock is not held any more");
}
