import type { AsideError, Milliseconds } from "@aside/core";
import type { Answer } from "./answer.js";

/** What was sent under one opaque, and waits for its answers. */
export interface Exchange {
  /** When the connection is given up for want of an answer. */
  readonly patienceEndsAtMs: Milliseconds;

  /**
   * Takes an answer; true for the last one.
   * @throws {ProtocolError} only for what shows that the connection is damaged.
   */
  take(answer: Answer): boolean;

  /** Rejects the callers whose deadline has passed with what `late` makes. @returns the next deadline, infinity for none. */
  lookForLate(nowMs: Milliseconds, late: () => AsideError): Milliseconds;

  /** Rejects all callers that are not settled yet. */
  fail(error: AsideError): void;
}
