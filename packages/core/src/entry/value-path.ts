/** Where in a value the codec is, for its errors. Names properties that look like names in a program; others are often data themselves. */
export class ValuePath {
  readonly #steps: (string | number)[] = [];

  get depth(): number {
    return this.#steps.length;
  }

  enter(step: string | number): void {
    this.#steps.push(step);
  }

  leave(): void {
    this.#steps.pop();
  }

  /** `value.orders[3][...]`; the middle of a long one is left out. */
  toString(): string {
    const steps = this.#steps.map(show);
    return `value${steps.length > 20 ? [...steps.slice(0, 10), "...", ...steps.slice(-10)].join("") : steps.join("")}`;
  }
}

function show(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  if (/^[A-Za-z_$][\w$]{0,63}$/.test(step)) return `.${step}`;
  return "[...]";
}
