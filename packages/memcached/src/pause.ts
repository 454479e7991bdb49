import type { Clock, Milliseconds } from "@aside/core";

/** Resolves after `delayMs`, or when `signal` aborts. */
export function pause(clock: Clock, delayMs: Milliseconds, signal: AbortSignal | undefined): Promise<void> {
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
