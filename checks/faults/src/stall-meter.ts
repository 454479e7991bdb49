import type { Milliseconds } from "@aside/core";

const beatMs = 5;

/** Knows when this process could not run: then no timer of it fires in time, whoever set it. */
export class StallMeter implements Disposable {
  readonly #beats: Milliseconds[] = [performance.now()];
  readonly #timer = setInterval(() => this.#beats.push(performance.now()), beatMs);

  /** How long in all the process stood still between two instants. */
  stalledMs(fromMs: Milliseconds, toMs: Milliseconds): Milliseconds {
    let stalledMs = 0;
    // From the end: what is asked about is recent.
    let laterMs = toMs;
    for (let index = this.#beats.length - 1; index >= 0 && laterMs > fromMs; index -= 1) {
      const earlierMs = Math.max(this.#beats[index] as Milliseconds, fromMs);
      if (earlierMs > toMs) continue;
      stalledMs += Math.max(0, laterMs - earlierMs - 2 * beatMs);
      laterMs = earlierMs;
    }
    return stalledMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
