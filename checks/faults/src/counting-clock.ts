import { type Clock, type ClockTimer, type Milliseconds, systemClock, type TimerPurpose } from "@aside/core";

/** The machine's clock, which knows how many of its timers are set. */
export class CountingClock implements Clock {
  readonly #set = new Set<ClockTimer>();

  get timers(): number {
    return this.#set.size;
  }

  nowMs(): number {
    return systemClock.nowMs();
  }

  monotonicMs(): Milliseconds {
    return systemClock.monotonicMs();
  }

  after(delayMs: Milliseconds, action: () => void, purpose?: TimerPurpose): ClockTimer {
    const inner = systemClock.after(
      delayMs,
      () => {
        this.#set.delete(timer);
        action();
      },
      purpose,
    );
    const timer: ClockTimer = {
      cancel: () => {
        this.#set.delete(timer);
        inner.cancel();
      },
    };
    this.#set.add(timer);
    return timer;
  }
}
