/**
 * Lets the statements of one connection go one after the other. Drivers would queue them, too, but cannot take one back when the statement
 * before it has cost the transaction: it would be sent, and committed by itself.
 */
export class StatementTurns {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Calls `start` when the statements before it have been answered. It calls `done`, once, when its own has. */
  take(start: (done: () => void) => void): void {
    if (this.#busy) {
      this.#waiting.push(() => start(this.#next));
    } else {
      this.#busy = true;
      start(this.#next);
    }
  }

  readonly #next = (): void => {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#busy = false;
    else waiting();
  };
}
