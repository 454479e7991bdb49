import type { Clock, ClockTimer, Milliseconds, TimerPurpose } from "./clock.js";

/** The machine's own clock and Node's timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: Milliseconds, action: () => void, purpose: TimerPurpose = "awaited"): ClockTimer {
    const timer = setTimeout(action, delayMs);
    if (purpose === "tidy") timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
