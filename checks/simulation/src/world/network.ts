import type { Scheduler } from "./scheduler.js";

/** The link of one process to the cache nodes. */
export class Network {
  readonly #scheduler: Scheduler;
  /** Nothing gets through, in either direction, before this instant. */
  partitionedUntilMs = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** When a message sent now arrives that must not overtake one that arrives at `previousMs`. */
  arrivalMs(previousMs: number, latencyMs: number): number {
    return Math.max(this.#scheduler.nowMs + latencyMs, previousMs);
  }
}
