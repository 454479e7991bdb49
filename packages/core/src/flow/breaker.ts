import { isAsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";

/** The usual words: `closed` is working, `open` is left alone, `half-open` is being probed. */
export type BreakerState = "closed" | "open" | "half-open";

/** Deadlines missed in a row after which a node is left alone. */
const missedDeadlines = 3;
/** Deadlines missed within this time are one. */
const sameMissMs = 10;
const shortestPauseMs = 100;

/**
 * Decides whether a node is asked. Closed until the node fails; then open for a pause; then half-open while one probe is under way, which alone
 * closes it, or opens it again for a longer pause.
 *
 * Nothing but the probe is sent while it is not closed. So what still fails or succeeds then was sent before it opened, is part of the same outage,
 * and neither lengthens the pause nor judges the probe.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #longestPauseMs: Milliseconds;
  #state: BreakerState = "closed";
  #openings = 0;
  #missed = 0;
  /** Monotonic instant of the last missed deadline. */
  #missedAtMs: Milliseconds = Number.NEGATIVE_INFINITY;
  #pauseMs: Milliseconds = 0;

  constructor(clock: Clock, longestPauseMs: Milliseconds) {
    this.#clock = clock;
    this.#longestPauseMs = longestPauseMs;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** How often it has opened. */
  get openings(): number {
    return this.#openings;
  }

  /**
   * Takes note that the node answered. Only this resets the pause, not the probe: a node that can be connected but answers nothing would else be
   * asked, and waited for, ten times a second.
   */
  succeeded(): void {
    if (this.#state !== "closed") return;
    this.#missed = 0;
    this.#pauseMs = 0;
  }

  /**
   * Takes note that an operation was not confirmed. An error that is not about reaching the node says nothing about it.
   * @returns whether the node is to be left alone for it.
   */
  failed(error: unknown): boolean {
    if (this.#state !== "closed") return false;
    if (isAsideError(error, "CACHE_UNAVAILABLE")) return true;
    if (!isAsideError(error, "CACHE_TIMEOUT")) return false;
    // Operations that were sent together and miss one deadline are one miss.
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#missedAtMs < sameMissMs) return false;
    this.#missedAtMs = nowMs;
    this.#missed += 1;
    return this.#missed >= missedDeadlines;
  }

  /** Opens it, also after a probe that failed. @returns the pause until the next probe: doubled each time, bounded, and jittered. */
  open(): Milliseconds {
    this.#state = "open";
    this.#openings += 1;
    this.#missed = 0;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, shortestPauseMs), this.#longestPauseMs);
    return this.#pauseMs * (0.5 + Math.random() / 2);
  }

  /** The probe begins. */
  halfOpen(): void {
    this.#state = "half-open";
  }

  /** The probe succeeded. */
  close(): void {
    this.#state = "closed";
  }
}
