/** A span of time in milliseconds. */
export type Milliseconds = number;

/** An instant as Unix time in milliseconds. */
export type UnixMilliseconds = number;

/** See {@link Clock.after}. */
export type TimerPurpose = "awaited" | "tidy";

/** A timer that was set on a {@link Clock}. */
export interface ClockTimer {
  /** Stops the timer. Does nothing when it has fired or was stopped before. */
  cancel(): void;
}

/**
 * The only source of time in Aside. Nothing is ordered by the clocks of different machines: instants serve expiry,
 * spans serve deadlines and back-off.
 */
export interface Clock {
  /** The present instant. May jump when the machine's clock is set. */
  nowMs(): UnixMilliseconds;

  /** Milliseconds since an arbitrary fixed point of this process; never goes back. For measuring and for deadlines. */
  monotonicMs(): Milliseconds;

  /**
   * Calls `action` once after `delayMs`.
   * @param delayMs - at least 0.
   * @param purpose - `"awaited"`: somebody waits for it, so it keeps the process alive; `"tidy"`: the process may end before.
   *   Default: `"awaited"`.
   */
  after(delayMs: Milliseconds, action: () => void, purpose?: TimerPurpose): ClockTimer;
}
