import type { MaybePromise } from "./maybe-promise.js";

/**
 * A value that is made when it is first asked for, once, also for callers that come while it is being made. A failure is not kept: the next
 * caller tries again, so that one failed connect at the start does not last for ever.
 */
export class Lazy<T> {
  readonly #make: () => MaybePromise<T>;
  #made: { readonly value: MaybePromise<T> } | undefined;

  constructor(make: () => MaybePromise<T>) {
    this.#make = make;
  }

  /** The value, at once when it is there. Throws or rejects with what the maker failed with. */
  get(): MaybePromise<T> {
    if (this.#made !== undefined) return this.#made.value;
    const value = this.#make();
    const made = { value };
    this.#made = made;
    if (value instanceof Promise) {
      value.then(
        (there) => {
          this.#made = { value: there };
        },
        () => {
          this.#made = undefined;
        },
      );
    }
    return value;
  }
}
