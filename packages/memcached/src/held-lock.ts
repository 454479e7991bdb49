import { AsideError, type Clock, type ClockTimer, type Lock, type Milliseconds } from "@aside/core";
import type { LockEntry } from "./lock-entry.js";

/**
 * A lock from its grant to its release or its loss.
 *
 * Invariant: the holder is told that its time is over before the server can give the lock to another one. The time is counted from before
 * the request was sent, and the entry is stored for a step of the server's clock longer. (A process that stands still is told when it goes on.)
 */
export class HeldLock implements Lock {
  readonly name: string;
  readonly #entry: LockEntry;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #state: "held" | "lost" | "released" = "held";
  #endsAtMs!: Milliseconds;
  #end: ClockTimer | undefined;
  #look: ClockTimer | undefined;
  #releasing: Promise<void> | undefined;
  /** The steps on the entry follow one another: each leaves the token that the next one needs. */
  #lastStep: Promise<unknown> = Promise.resolve();

  constructor(name: string, entry: LockEntry, ttlMs: Milliseconds, sentAtMs: Milliseconds, clock: Clock) {
    this.name = name;
    this.#entry = entry;
    this.#clock = clock;
    this.#endAt(sentAtMs + ttlMs);
    this.#lookAgain(ttlMs / 3);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async extend(ttlMs: Milliseconds): Promise<void> {
    if (!(ttlMs >= 1)) throw new TypeError("ttlMs must be at least 1");
    await this.#inTurn(() => this.#extend(ttlMs));
  }

  /** Never rejects: a lock whose release is not confirmed ends with its ttl, and the work that it guarded is done. */
  release(): Promise<void> {
    this.#releasing ??= this.#inTurn(() => this.#release());
    return this.#releasing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #extend(ttlMs: Milliseconds): Promise<void> {
    this.#endIfOver();
    if (this.#state !== "held") throw lockLost();
    const sentAtMs = this.#clock.monotonicMs();
    let renewed: boolean;
    try {
      renewed = await this.#entry.renew(ttlMs);
    } catch (error) {
      // Whether it was done or not, the entry stands at least until the earlier of the two ends.
      this.#endAt(Math.min(this.#endsAtMs, sentAtMs + ttlMs));
      throw error;
    }
    this.#endIfOver();
    if (renewed && this.#state === "held") {
      this.#endAt(sentAtMs + ttlMs);
      this.#lookAgain(ttlMs / 3);
      return;
    }
    // Its time ran out while the request was under way: the holder was told, so nobody holds what was renewed.
    if (renewed) await this.#entry.remove().catch(endsByItself);
    this.#lose();
    throw lockLost();
  }

  async #release(): Promise<void> {
    this.#endIfOver();
    if (this.#state !== "held") return;
    this.#state = "released";
    this.#stopTimers();
    // Of a removal without an answer nobody knows whether it happened: the second one looks first.
    await this.#entry.remove().catch(() => this.#entry.remove().catch(endsByItself));
  }

  /** Nobody tells of an eviction, a restart or a flush: looks whether the entry still stands. */
  async #check(everyMs: Milliseconds): Promise<void> {
    if (this.#state !== "held") return;
    try {
      if (!(await this.#entry.find())) this.#lose();
    } catch {
      // The server cannot be asked. What it has forgotten by then is seen by the next look, or the ttl is over before.
    }
    if (this.#state === "held") this.#lookAgain(everyMs);
  }

  #lookAgain(inMs: Milliseconds): void {
    this.#look?.cancel();
    this.#look = this.#clock.after(inMs, () => void this.#inTurn(() => this.#check(inMs)), "tidy");
  }

  #endAt(atMs: Milliseconds): void {
    this.#end?.cancel();
    this.#endsAtMs = atMs;
    const leftMs = Math.max(0, atMs - this.#clock.monotonicMs());
    this.#end = this.#clock.after(leftMs, () => this.#lose(), "tidy");
  }

  /** Timers are late in a process that was busy or paused. */
  #endIfOver(): void {
    if (this.#clock.monotonicMs() >= this.#endsAtMs) this.#lose();
  }

  #lose(): void {
    if (this.#state !== "held") return;
    this.#state = "lost";
    this.#stopTimers();
    this.#lost.abort(lockLost());
  }

  #stopTimers(): void {
    this.#end?.cancel();
    this.#look?.cancel();
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#lastStep.then(step);
    this.#lastStep = result.catch(() => undefined);
    return result;
  }
}

function lockLost(): AsideError {
  return new AsideError("LOCK_LOST", "The lock is not held any more");
}

/** The entry that could not be removed is nobody's lock and goes with its ttl. */
function endsByItself(): void {}
