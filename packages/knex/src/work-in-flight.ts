/** What has begun and not yet settled, for those who wait for its end. */
export class WorkInFlight {
  readonly #running = new Set<Promise<unknown>>();

  get isEmpty(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves and rejects as `work` does. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const settled = () => void this.#running.delete(work);
    work.then(settled, settled);
    return work;
  }

  /** Resolves once nothing is under way, what began in the meantime included. Never rejects. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
