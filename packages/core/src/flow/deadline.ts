import type { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";

/** A point on the monotonic clock that several steps share. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: Milliseconds;

  constructor(clock: Clock, inMs: Milliseconds) {
    this.#clock = clock;
    this.#atMs = clock.monotonicMs() + inMs;
  }

  /** What is left, at least 0. */
  remainingMs(): Milliseconds {
    return Math.max(0, this.#atMs - this.#clock.monotonicMs());
  }

  get passed(): boolean {
    return this.remainingMs() === 0;
  }
}

/**
 * Settles as `operation` does, or rejects with `late()` after `timeoutMs`, whatever the operation does later.
 * Nothing in Aside waits for a backend without it.
 */
export function withDeadline<T>(
  clock: Clock,
  timeoutMs: Milliseconds,
  operation: Promise<T>,
  late: () => AsideError,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(late()));
    operation.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

/** Resolves after `delayMs`. */
export function pause(clock: Clock, delayMs: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
