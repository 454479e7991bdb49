import type { Clock, Milliseconds } from "@aside/core";

/** Resolves after `delayMs`. */
export function pause(clock: Clock, delayMs: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** How long to wait before the attempt after `attempt` (from 1): at random, so that rivals do not meet again, up to a doubling bound. */
export function backoffMs(attempt: number, shortestMs: Milliseconds, longestMs: Milliseconds): Milliseconds {
  const boundMs = Math.min(longestMs, shortestMs * 2 ** Math.min(attempt - 1, 16));
  return 1 + Math.random() * boundMs;
}
