import type { Clock, ClockTimer } from "@aside/core";
import { context } from "./context.js";
import type { Actor, Scheduler } from "./scheduler.js";

/** The instant at which a schedule begins, in Unix time. */
export const epochMs = 1_000_000_000_000;

/** A simulated machine's clock. Its timers are events, and keep their asynchronous context as Node's do. */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #actor: Actor;
  readonly #offsetMs: number;

  constructor(scheduler: Scheduler, actor: Actor, skewMs: number) {
    this.#scheduler = scheduler;
    this.#actor = actor;
    this.#offsetMs = epochMs + skewMs;
  }

  nowMs(): number {
    return this.#offsetMs + this.#scheduler.nowMs;
  }

  monotonicMs(): number {
    return this.#scheduler.nowMs;
  }

  after(delayMs: number, action: () => void): ClockTimer {
    const surrounding = context.getStore();
    return this.#scheduler.after(delayMs, this.#actor, () => {
      if (surrounding === undefined) action();
      else context.run(surrounding, action);
    });
  }
}
