/** Tells those who want to know that a connection has ended. */
export class SessionEnd {
  readonly #listeners = new Set<() => void>();

  /** Returns what makes the listener be forgotten. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** May be called again: each listener is called once. */
  happened(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
