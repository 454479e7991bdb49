/** Calls in the order in which they are answered. Adding and taking cost the same however many there are. */
export class CallQueue<Call> implements Iterable<Call> {
  #calls: (Call | undefined)[] = [];
  /** Index of the first one; what stands before it was taken. */
  #head = 0;

  get length(): number {
    return this.#calls.length - this.#head;
  }

  get first(): Call | undefined {
    return this.#calls[this.#head];
  }

  push(call: Call): void {
    this.#calls.push(call);
  }

  shift(): Call | undefined {
    const call = this.#calls[this.#head];
    if (call === undefined) return undefined;
    this.#calls[this.#head] = undefined; // what it holds may be large
    this.#head += 1;
    if (this.#head === this.#calls.length) {
      this.#calls.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#calls.length) {
      this.#calls = this.#calls.slice(this.#head);
      this.#head = 0;
    }
    return call;
  }

  /** Takes out all that `matches`. */
  remove(matches: (call: Call) => boolean): readonly Call[] {
    const all = [...this];
    this.#calls = all.filter((call) => !matches(call));
    this.#head = 0;
    return all.filter(matches);
  }

  *[Symbol.iterator](): Iterator<Call> {
    for (let at = this.#head; at < this.#calls.length; at += 1) yield this.#calls[at] as Call;
  }
}
