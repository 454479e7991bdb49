import type { RunMs } from "../history/history-event.js";

/** The settings of the stores under test, as far as proofs rest on them. */
export interface Bounds {
  readonly holdTtlMs: RunMs;
  /** How long a lease may live in the cache, its coarse clock included. */
  readonly leaseTtlMs: RunMs;
  /**
   * How long after a logged invalidation was committed, and the cache could be reached, it may take until it is delivered: the relay's
   * longest backoff with its jitter, the breaker's longest pause, one deadline, and room for a busy machine.
   */
  readonly relayMs: RunMs;
  /** Longest pause of a writer that could neither confirm its release nor log it between two attempts. */
  readonly retryMs: RunMs;
}
