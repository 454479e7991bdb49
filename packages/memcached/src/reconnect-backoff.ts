import type { Milliseconds } from "@aside/core";

const firstDelayMs: Milliseconds = 25;

/** How long to leave a server alone after another failure: doubled each time up to a bound, and jittered. */
export class ReconnectBackoff {
  readonly #maxDelayMs: Milliseconds;
  #delayMs: Milliseconds = 0;

  constructor(maxDelayMs: Milliseconds) {
    this.#maxDelayMs = maxDelayMs;
  }

  /** Between half of the delay and all of it, so that the processes that lost a server together do not come back together. */
  nextMs(): Milliseconds {
    this.#delayMs = Math.min(Math.max(this.#delayMs * 2, firstDelayMs), this.#maxDelayMs);
    return this.#delayMs * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#delayMs = 0;
  }
}
