import type { Clock, ClockTimer, Milliseconds } from "./clock.js";

/** The machine's own clock and Node's timers, unreferenced. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: Milliseconds, action: () => void): ClockTimer {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
