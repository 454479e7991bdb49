import { type Attempt, type History, isCommitted, isRolledBack } from "../history/history.js";
import type { RegisterId, RunMs } from "../history/history-event.js";
import type { Register } from "./register.js";

/**
 * The states of one register, and which write made each.
 *
 * Several writes may announce the same state: each but one had lost its transaction by then, as the row's lock sees to (it need
 * not know yet: its process may have stood still while the database was restarted). Which one made it is told by the end of its
 * transaction, or by the values that were read; where nothing tells, it is taken for the last to announce it.
 */
export class CommitOrder {
  readonly #makers = new Map<number, Attempt>();
  readonly #removals: readonly Attempt[];
  /** By state: the earliest instant by which something proves that it was committed. */
  readonly #proofs = new Map<number, RunMs>();
  #provenFrom: readonly RunMs[] = [];

  constructor(register: RegisterId, history: History) {
    const read = writesRead(register, history);
    for (const write of history.writes.values()) {
      for (const attempt of write.attempts) {
        if (attempt.register !== register) continue;
        // Whoever announces a state saw the one before, committed.
        this.prove(attempt.state - 1, attempt.atMs);
        const other = this.#makers.get(attempt.state);
        if (other === undefined || isLikelier(attempt, other, read)) this.#makers.set(attempt.state, attempt);
      }
    }
    for (const { write, state } of this.#makers.values()) {
      if (write.outcome === "committed" && write.endMs !== undefined) this.prove(state, write.endMs);
      if (write.transactionEnd?.outcome === "committed") this.prove(state, write.transactionEnd.atMs);
    }
    this.#removals = [...this.#makers.values()]
      .filter(({ absent, write }) => absent && !isRolledBack(write))
      .sort((a, b) => a.state - b.state);
  }

  /** The write that made `state`, if it was made at all. Absent for state 0 and for states that nobody announced. */
  maker(state: number): Attempt | undefined {
    return this.#makers.get(state);
  }

  /** Largest state that any write announced. */
  get last(): number {
    return Math.max(0, ...this.#makers.keys());
  }

  /** Whether nothing stands there in `state`. */
  absentAt(state: number, { startsPresent }: Pick<Register, "startsPresent">): boolean {
    return state === 0 ? !startsPresent : this.#makers.get(state)?.absent === true;
  }

  /** The smallest state from `least` on in which the register may have been absent; `undefined`: there is none. */
  absentFrom(least: number): number | undefined {
    return this.#removals.find(({ state }) => state >= least)?.state;
  }

  /** The largest state below `limit` in which the register may have been absent. */
  absentBelow(limit: number): number | undefined {
    return this.#removals.findLast(({ state }) => state < limit)?.state;
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
}

/** Ids of the writes whose values were read, by state. */
function writesRead(register: RegisterId, history: History): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { seen } of history.reads) {
    const found = seen.find((one) => one.register === register);
    if (found?.by !== undefined) ids.add(found.by);
  }
  return ids;
}

/** Whether `attempt` rather than `other` made their state. */
function isLikelier(attempt: Attempt, other: Attempt, read: ReadonlySet<string>): boolean {
  const byEvidence = evidence(attempt, read) - evidence(other, read);
  return byEvidence === 0 ? attempt.atMs > other.atMs : byEvidence > 0;
}

function evidence({ write, state, register }: Attempt, read: ReadonlySet<string>): number {
  // A write that was run again announced anew: only its last state can be its own.
  if (write.attempts.findLast((one) => one.register === register)?.state !== state) return 0;
  if (isCommitted(write)) return 3;
  if (isRolledBack(write)) return 0;
  return read.has(write.id) ? 2 : 1;
}
