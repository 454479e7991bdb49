import { type History, isCommitted, isRolledBack, type Write } from "../history/history.js";
import type { Seen } from "../history/history-event.js";
import type { CommitOrder } from "./commit-order.js";
import { type Register, startId } from "./register.js";
import type { Defect } from "./violation.js";

/**
 * Checks that no acknowledged write of a register is missing or was made over: each made the state that it announced, later
 * than all that were acknowledged before it began, and the row ended in the last state.
 *
 * @param row - what the database holds after all has come to rest.
 */
export function checkWrites(register: Register, history: History, order: CommitOrder, row: Seen): Defect[] {
  const found = [...checkOrder(register, history, order)];
  const last = row.state === "absent" ? lastAbsent(register, order) : row.state;
  if (last === undefined) return [...found, defect(register, "the row is gone, and nobody had removed it")];
  const maker = order.maker(last);
  if (row.state !== "absent" && row.by !== (maker?.write.id ?? startId)) {
    found.push(defect(register, `the row ended in state ${last} of ${row.by}, not of its last writer`));
  }
  for (const { write, state } of finalAttempts(register, history)) {
    if (isCommitted(write) && state > last) {
      found.push(
        defect(
          register,
          `committed write ${write.id} is missing: it made state ${state}, the row has ${last}`,
        ),
      );
    }
  }
  for (let state = 1; state <= last; state += 1) {
    const made = order.maker(state);
    if (made === undefined) found.push(defect(register, `nobody announced state ${state}`));
    else if (isRolledBack(made.write)) {
      found.push(
        defect(register, `write ${made.write.id} was rolled back, but state ${state} was committed`),
      );
    }
  }
  return found;
}

function* checkOrder(register: Register, history: History, order: CommitOrder): Generator<Defect> {
  const acknowledged = [...finalAttempts(register, history)]
    .filter(({ write }) => write.outcome === "committed")
    .sort((a, b) => a.state - b.state);
  let latestBeginMs = Number.NEGATIVE_INFINITY;
  for (const { write, state } of acknowledged) {
    const maker = order.maker(state)?.write;
    if (maker !== write) {
      yield defect(
        register,
        `state ${state} of acknowledged write ${write.id} was made again by ${maker?.id}`,
      );
    }
    if ((write.endMs as number) < latestBeginMs) {
      yield defect(register, `write ${write.id} was acknowledged before one began that made a smaller state`);
    }
    latestBeginMs = Math.max(latestBeginMs, write.beginMs);
  }
}

function* finalAttempts(
  register: Register,
  history: History,
): Generator<{ readonly write: Write; readonly state: number }> {
  for (const write of history.writes.values()) {
    const attempt = write.attempts.findLast((one) => one.register === register.id);
    if (attempt !== undefined) yield { write, state: attempt.state };
  }
}

/** The row is absent at the end: the last removal that was not rolled back is the last write, or a write is missing. */
function lastAbsent(register: Register, order: CommitOrder): number | undefined {
  return order.absentBelow(Number.POSITIVE_INFINITY) ?? (register.startsPresent ? undefined : 0);
}

function defect(register: Register, what: string): Defect {
  return { kind: "defect", register: register.id, what };
}
