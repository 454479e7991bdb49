import { isAsideError, type Milliseconds } from "@aside/core";
import type { StallMeter } from "./stall-meter.js";

/** How much later than its deadline a promise may settle, besides what the process stood still. */
const toleranceMs: Milliseconds = 50;

/** What a broken server may bring its callers. */
const outageCodes: readonly string[] = ["CACHE_UNAVAILABLE", "CACHE_TIMEOUT"];

/** Watches calls: how long each took, and what came of it. */
export class CallLog {
  /** Calls that broke a promise of the port. */
  readonly complaints: string[] = [];
  readonly failures = new Map<string, number>();
  answered = 0;
  longestMs: Milliseconds = 0;
  readonly #stalls: StallMeter;

  constructor(stalls: StallMeter) {
    this.#stalls = stalls;
  }

  get failed(): number {
    return [...this.failures.values()].reduce((sum, times) => sum + times, 0);
  }

  /** @returns what the call resolved with; `undefined` where it rejected. */
  async watch<T>(
    timeoutMs: Milliseconds,
    call: () => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const beginMs = performance.now();
    try {
      const value = await call();
      this.answered += 1;
      return { value };
    } catch (error) {
      const code = isAsideError(error) ? error.code : `foreign: ${String(error)}`;
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      if (!outageCodes.includes(code)) this.complaints.push(`a call failed with ${code}`);
      return undefined;
    } finally {
      const endMs = performance.now();
      const tookMs = endMs - beginMs;
      // This process was the reason, not the transport.
      const ownMs = this.#stalls.stalledMs(beginMs, endMs);
      this.longestMs = Math.max(this.longestMs, tookMs - ownMs);
      if (tookMs > timeoutMs + toleranceMs + ownMs) {
        this.complaints.push(`a call of ${timeoutMs} ms took ${tookMs.toFixed(0)} ms`);
      }
    }
  }
}
