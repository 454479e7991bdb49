import { setImmediate } from "node:timers/promises";
import type { Clock, ClockTimer, Milliseconds, UnixMilliseconds } from "../time/clock.js";

interface ManualTimer extends ClockTimer {
  readonly dueMs: Milliseconds;
  readonly action: () => void;
}

/** A {@link Clock} that stands still until a test moves it. */
export class ManualClock implements Clock {
  #monotonicMs: Milliseconds = 0;
  /** What `nowMs` is ahead of `monotonicMs`. */
  #offsetMs: Milliseconds;
  /** In the order of firing: by due time, equal ones as they were set. */
  readonly #timers: ManualTimer[] = [];
  #moving: Promise<void> = Promise.resolve();

  /** @param startAtMs - the first instant. Default: 1,000,000,000,000 (September 2001), far from 0 and from the present. */
  constructor(startAtMs: UnixMilliseconds = 1_000_000_000_000) {
    this.#offsetMs = startAtMs;
  }

  nowMs(): UnixMilliseconds {
    return this.#monotonicMs + this.#offsetMs;
  }

  monotonicMs(): Milliseconds {
    return this.#monotonicMs;
  }

  after(delayMs: Milliseconds, action: () => void): ClockTimer {
    const timer: ManualTimer = {
      dueMs: this.#monotonicMs + delayMs,
      action,
      cancel: () => this.#remove(timer),
    };
    const later = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer;
  }

  /** How many timers are set. A component that was closed leaves none behind. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /**
   * Moves both clocks on by `ms` and fires the timers that fall due, in order, each at its own instant. Promises settle before the first
   * one, after each one and at the end, so that timers set meanwhile fire too. Calls queue up behind one another.
   * Rejects when a timer's action throws.
   */
  advance(ms: Milliseconds): Promise<void> {
    const move = this.#moving.then(() => this.#advance(ms));
    this.#moving = move.catch(() => undefined);
    return move;
  }

  /** Sets the machine's clock: `nowMs` jumps, forward or back; `monotonicMs` and timers do not notice. */
  jumpTo(nowMs: UnixMilliseconds): void {
    this.#offsetMs = nowMs - this.#monotonicMs;
  }

  async #advance(ms: Milliseconds): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settlePromises();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= endMs; next = this.#timers[0]) {
      this.#timers.shift();
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.action();
      await settlePromises();
    }
    this.#monotonicMs = endMs;
  }

  #remove(timer: ManualTimer): void {
    const index = this.#timers.indexOf(timer);
    if (index !== -1) this.#timers.splice(index, 1);
  }
}

/** A turn of the event loop lets every chain of promises that waits for nothing else run to its end; two let one follow another. */
async function settlePromises(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
