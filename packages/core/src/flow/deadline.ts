import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";

/** A point on the monotonic clock that several steps share. */
export class Deadline {
  readonly #clock: Clock;
  #atMs: Milliseconds;

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

  /** Moves it by a pause that does not count. */
  postpone(byMs: Milliseconds): void {
    this.#atMs += byMs;
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

/** Resolves after `delayMs`, or when `signal` aborts. */
export function pause(clock: Clock, delayMs: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.after(delayMs, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** The error of a cache step that missed its deadline. */
export function cacheLate(): AsideError {
  return new AsideError("CACHE_TIMEOUT", "The cache did not answer within its deadline.");
}

/** The error of a read, a loader or a log access that missed its deadline. */
export function databaseLate(store?: string): AsideError {
  const where = store === undefined ? "The database" : `Store "${store}": the load`;
  return new AsideError("DATABASE_TIMEOUT", `${where} did not answer within its deadline.`, { store });
}
