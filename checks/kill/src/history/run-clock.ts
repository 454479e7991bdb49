/**
 * The time of one run, in milliseconds since it began, the same in all its processes: they read the machine's one monotonic
 * clock. Rounded to microseconds so that an interval only ever grows: what two stamps say about order is then true.
 */
export class RunClock {
  readonly #beganNs: bigint;

  /** @param beganNs - `process.hrtime.bigint()` of the parent when the run began. */
  constructor(beganNs: bigint) {
    this.#beganNs = beganNs;
  }

  /** Stamp for the beginning of something: taken before it is done. */
  begin(): number {
    return Math.floor(this.#elapsedUs()) / 1000;
  }

  /** Stamp for the end of something: taken after it was done. */
  end(): number {
    return Math.ceil(this.#elapsedUs()) / 1000;
  }

  #elapsedUs(): number {
    return Number(process.hrtime.bigint() - this.#beganNs) / 1000;
  }
}
