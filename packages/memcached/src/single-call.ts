import type { AsideError, Milliseconds } from "@aside/core";
import type { Answer } from "./answer.js";
import type { Exchange } from "./exchange.js";

/** What a call makes of an answer: its result, its error, or `undefined` while more answers are to come. */
export type Outcome<T> = { readonly value: T } | { readonly error: AsideError } | undefined;

/** The request of one caller. */
export class SingleCall<T> implements Exchange {
  readonly patienceEndsAtMs: Milliseconds;
  readonly #receive: (answer: Answer) => Outcome<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: AsideError) => void;
  /** Infinity once the caller was told that it waited in vain. */
  #deadlineAtMs: Milliseconds;

  constructor(
    deadlineAtMs: Milliseconds,
    patienceEndsAtMs: Milliseconds,
    receive: (answer: Answer) => Outcome<T>,
    resolve: (value: T) => void,
    reject: (error: AsideError) => void,
  ) {
    this.#deadlineAtMs = deadlineAtMs;
    this.patienceEndsAtMs = patienceEndsAtMs;
    this.#receive = receive;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  take(answer: Answer): boolean {
    const outcome = this.#receive(answer);
    if (outcome === undefined) return false;
    if ("error" in outcome) this.#reject(outcome.error);
    else this.#resolve(outcome.value);
    return true;
  }

  lookForLate(nowMs: Milliseconds, late: () => AsideError): Milliseconds {
    if (this.#deadlineAtMs <= nowMs) {
      this.#deadlineAtMs = Number.POSITIVE_INFINITY;
      this.#reject(late());
    }
    return this.#deadlineAtMs;
  }

  fail(error: AsideError): void {
    this.#reject(error);
  }
}
