import type { Clock, Milliseconds } from "@aside/core";
import { backoffMs, pause } from "./pause.js";

export interface RetryLimits {
  readonly clock: Clock;
  readonly maxAttempts: number;
  /** No attempt begins later than this after the first one. */
  readonly retryTimeoutMs: Milliseconds;
}

/** Pauses are longer than a transaction takes, so that rivals find each other gone. */
const shortestPauseMs = 5;
const longestPauseMs = 200;

/** Does `work`, and again after random pauses while `isTransient` says that its error may not come back. */
export async function retry<T>(
  { clock, maxAttempts, retryTimeoutMs }: RetryLimits,
  work: () => Promise<T>,
  isTransient: (error: unknown, attempt: number) => boolean,
): Promise<T> {
  const giveUpAtMs = clock.monotonicMs() + retryTimeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= maxAttempts || !isTransient(error, attempt)) throw error;
      const delayMs = backoffMs(attempt, shortestPauseMs, longestPauseMs);
      if (clock.monotonicMs() + delayMs > giveUpAtMs) throw error;
      await pause(clock, delayMs);
    }
  }
}
