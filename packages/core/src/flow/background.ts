/** Work that goes on behind the callers and that `close()` waits for. */
export class Background {
  readonly #running = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();

  /** Aborts when {@link end} is called: work that would go on for long comes to an end then. */
  get closing(): AbortSignal {
    return this.#ending.signal;
  }

  /** Waits for `work` as well. Its outcome is its caller's: a rejection is no concern of this. */
  track(work: Promise<unknown>): void {
    const done = (): void => {
      this.#running.delete(work);
    };
    this.#running.add(work);
    work.then(done, done);
  }

  /** Resolves once nothing runs any more, what was begun meanwhile included. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Tells long-running work to come to an end, and waits for all of it. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.idle();
  }
}
