import type { AcquireOptions, Clock, Lock } from "@aside/core";
import { checkTtl } from "./held-lock.js";
import { backoffMs } from "./pause.js";

/** Pauses between two looks at a lock that is taken. */
const shortestPauseMs = 5;
const longestPauseMs = 100;

/** Tries to take a lock, and again at random intervals while it is taken: who waits longest has no claim to be next. */
export async function acquireWithin<L extends Lock>(
  clock: Clock,
  { ttlMs, waitMs, signal }: AcquireOptions,
  attempt: (first: boolean) => Promise<L | undefined>,
): Promise<L | undefined> {
  checkTtl(ttlMs);
  if (!(waitMs >= 0)) throw new TypeError("waitMs must be at least 0");
  signal?.throwIfAborted();
  const endsAtMs = clock.monotonicMs() + waitMs;
  for (let attempts = 1; ; attempts += 1) {
    const lock = await attempt(attempts === 1);
    if (signal?.aborted === true) {
      await lock?.release();
      throw signal.reason;
    }
    const leftMs = endsAtMs - clock.monotonicMs();
    if (lock !== undefined || leftMs <= 0) return lock;
    await pauseUnless(clock, Math.min(backoffMs(attempts, shortestPauseMs, longestPauseMs), leftMs), signal);
  }
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts. */
function pauseUnless(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      leave();
      resolve();
    });
    signal?.addEventListener("abort", onAbort);
  });
}
