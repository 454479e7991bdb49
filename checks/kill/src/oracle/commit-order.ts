import type { Attempt, History } from "../history/history.js";
import type { RegisterId, RunMs } from "../history/history-event.js";

/**
 * The states of one register, and which write made each.
 *
 * Attempts are made under the row's lock. So when two writes announce the same state, the earlier one had ended without
 * a commit before the later one could see the row: the last to announce a state is the one that may have made it.
 */
export class CommitOrder {
  readonly #attempts = new Map<number, Attempt>();
  readonly #removals: Attempt[] = [];
  /** By state: the earliest instant by which something proves that it was committed. */
  readonly #proofs = new Map<number, RunMs>();
  #provenFrom: readonly RunMs[] = [];

  constructor(register: RegisterId, history: History) {
    for (const write of history.writes.values()) {
      for (const attempt of write.attempts) if (attempt.register === register) this.#addAttempt(attempt);
    }
    for (const attempt of this.#attempts.values()) {
      if (attempt.absent) this.#removals.push(attempt);
      const { write, state } = attempt;
      if (write.outcome === "committed" && write.endMs !== undefined) this.prove(state, write.endMs);
    }
    this.#removals.sort((a, b) => a.state - b.state);
  }

  /** The write that made `state`, if it was made at all. Absent for state 0 and for states that nobody announced. */
  maker(state: number): Attempt | undefined {
    return this.#attempts.get(state);
  }

  /** Largest state that any write announced. */
  get last(): number {
    return Math.max(0, ...this.#attempts.keys());
  }

  /** The smallest state from `least` on in which the register may have been absent; `undefined`: there is none. */
  absentFrom(least: number): number | undefined {
    return this.#removals.find(({ state, write }) => state >= least && write.outcome !== "rolled-back")
      ?.state;
  }

  /** The largest state below `limit` in which the register may have been absent. */
  absentBelow(limit: number): number | undefined {
    return this.#removals.findLast(({ state, write }) => state < limit && write.outcome !== "rolled-back")
      ?.state;
  }

  /** Takes note that `state` had been committed at `atMs`. */
  prove(state: number, atMs: RunMs): void {
    this.#provenFrom = [];
    this.#proofs.set(state, Math.min(atMs, this.#proofs.get(state) ?? Number.POSITIVE_INFINITY));
  }

  /** The earliest instant by which `state` or a later one is known to have been committed; infinite: not known. */
  committedBy(state: number): RunMs {
    if (this.#provenFrom.length === 0) {
      const proven = Array.from<RunMs>({ length: this.last + 2 }).fill(Number.POSITIVE_INFINITY);
      for (let at = this.last; at >= 0; at -= 1) {
        proven[at] = Math.min(proven[at + 1] as RunMs, this.#proofs.get(at) ?? Number.POSITIVE_INFINITY);
      }
      this.#provenFrom = proven;
    }
    return this.#provenFrom[state] ?? Number.POSITIVE_INFINITY;
  }

  #addAttempt(attempt: Attempt): void {
    const { state, atMs } = attempt;
    // Whoever announces a state saw the one before, committed.
    this.prove(state - 1, atMs);
    const other = this.#attempts.get(state);
    if (other === undefined || other.atMs < atMs) this.#attempts.set(state, attempt);
  }
}
