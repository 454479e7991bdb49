/** Work that goes on behind the callers and that `close()` waits for. */
export class Background {
  readonly #running = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();

  /** Resolves when {@link end} is called: work that would go on for long makes a last attempt then. */
  readonly whenClosing: Promise<void> = new Promise((resolve) => {
    this.#ending.signal.addEventListener("abort", () => resolve(), { once: true });
  });

  get closing(): boolean {
    return this.#ending.signal.aborted;
  }

  /** @param work - must handle its own failures: a rejection is a defect and stays an unhandled one. */
  track(work: Promise<unknown>): void {
    const tracked = work.finally(() => {
      this.#running.delete(tracked);
    });
    this.#running.add(tracked);
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
