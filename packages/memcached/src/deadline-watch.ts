import { AsyncResource } from "node:async_hooks";
import type { Clock, ClockTimer, Milliseconds } from "@aside/core";

/** Something that has deadlines. */
export interface Watched {
  /** Deals with what is late by `nowMs`. @returns the next deadline, infinity for none. */
  lookForLate(nowMs: Milliseconds): Milliseconds;
}

/**
 * The one timer of a cache, for the deadlines of all calls on all its connections. Set for the earliest of them; when it fires, those
 * under way are looked through. A call that is answered in time costs one comparison: nothing is set and nothing stopped for it. (No wheel of
 * slots: calls stand in the queue of their connection already, and the first that is late ends it.)
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  /** One timer sets the next: in the context of a call they would keep its transaction alive for as long as the cache is busy. */
  readonly #context = new AsyncResource("DeadlineWatch");
  readonly #watched = new Set<Watched>();
  #timer: ClockTimer | undefined;
  #timerAtMs: Milliseconds = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
  }

  /** With the last one gone no timer is left. */
  remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    this.#timer?.cancel();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  /** Sees to it that somebody looks at `atMs`. */
  expect(atMs: Milliseconds): void {
    if (atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#context.runInAsyncScope(() =>
      this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
        // Not yet: this process may have stood still while the answers came in. One turn of the event loop reads them.
        setImmediate(() => this.#look());
      }),
    );
  }

  #look(): void {
    this.#timer?.cancel();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const watched of [...this.#watched]) nextAtMs = Math.min(nextAtMs, watched.lookForLate(nowMs));
    if (nextAtMs !== Number.POSITIVE_INFINITY) this.expect(nextAtMs);
  }
}
