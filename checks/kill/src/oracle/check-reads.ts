import { type History, isRolledBack, type Read, type Write } from "../history/history.js";
import type { RunMs, Seen } from "../history/history-event.js";
import type { CommitOrder } from "./commit-order.js";
import { type Register, startId } from "./register.js";
import type { Bound, Defect, StaleRead, Violation } from "./violation.js";

/** In the order in which they count when they fall on one instant: nothing is taken to precede what may have overlapped it. */
type Moment =
  | { readonly kind: "begin"; readonly atMs: RunMs; readonly read: Read; readonly seen: Seen }
  | { readonly kind: "end"; readonly atMs: RunMs; readonly read: Read }
  | { readonly kind: "acknowledged"; readonly atMs: RunMs; readonly write: Write; readonly state: number };

/**
 * Checks every read of one register against all that was known when it began: it returns at least the state of every write that
 * was acknowledged, and of every read that had ended, by then; and no state that nobody had announced by its end.
 *
 * What is absent does not tell its state: it may be any removal that fits, or an older one that the guarantee excuses. So such a read
 * is checked itself, but proves nothing against others: nothing that could be right is reported. Adds to `order` what the reads prove.
 */
export function checkReads(register: Register, history: History, order: CommitOrder): Violation[] {
  const violations: Violation[] = [];
  const states = new Map<Read, number>();
  let bound: Bound | undefined;
  for (const moment of momentsOf(register, history)) {
    if (moment.kind === "begin") {
      const { read, seen } = moment;
      const found = judge(register, read, seen, bound, order);
      if (typeof found !== "number") violations.push(found);
      else if (seen.state !== "absent") {
        states.set(read, found);
        order.prove(found, read.endMs);
      }
      continue;
    }
    const state = moment.kind === "end" ? states.get(moment.read) : moment.state;
    if (state === undefined || state <= (bound?.state ?? -1)) continue;
    bound =
      moment.kind === "end"
        ? { kind: "read", state, read: moment.read }
        : { kind: "acknowledged", state, write: moment.write };
  }
  return violations;
}

function momentsOf(register: Register, history: History): Moment[] {
  const moments: Moment[] = [];
  for (const read of history.reads) {
    const seen = read.seen.find((one) => one.register === register.id);
    if (seen === undefined) continue;
    moments.push({ kind: "begin", atMs: read.beginMs, read, seen });
    moments.push({ kind: "end", atMs: read.endMs, read });
  }
  for (const write of history.writes.values()) {
    if (write.outcome !== "committed" || write.endMs === undefined) continue;
    const state = write.attempts.findLast((one) => one.register === register.id)?.state;
    if (state !== undefined) moments.push({ kind: "acknowledged", atMs: write.endMs, write, state });
  }
  return moments.sort((a, b) => a.atMs - b.atMs || Number(b.kind === "begin") - Number(a.kind === "begin"));
}

/** The state that the read returned, or what is wrong with it. */
function judge(
  register: Register,
  read: Read,
  seen: Seen,
  bound: Bound | undefined,
  order: CommitOrder,
): number | StaleRead | Defect {
  const least = bound?.state ?? 0;
  const state = seen.state === "absent" ? absentState(register, read, least, order) : seen.state;
  if (state === undefined) return defect(register, read, "found nothing, and nobody had removed it");
  const wrong = seen.state === "absent" ? undefined : wrongValue(register, read, seen, state, order);
  if (wrong !== undefined) return defect(register, read, wrong);
  if (bound === undefined || state >= bound.state) return state;
  return { kind: "stale-read", register: register.id, read, seen: state, bound };
}

/** The smallest state from `least` on that "absent" can stand for, else the largest below. */
function absentState(register: Register, read: Read, least: number, order: CommitOrder): number | undefined {
  if (least === 0 && !register.startsPresent) return 0;
  const fitting = order.absentFrom(least);
  const announced = fitting === undefined ? undefined : order.maker(fitting);
  if (announced !== undefined && announced.atMs < read.endMs) return fitting;
  return order.absentBelow(least) ?? (register.startsPresent ? undefined : 0);
}

function wrongValue(
  register: Register,
  read: Read,
  seen: Seen,
  state: number,
  order: CommitOrder,
): string | undefined {
  if (state === 0) {
    return register.startsPresent && seen.by === startId ? undefined : "a first value that was never there";
  }
  const maker = order.maker(state);
  if (maker === undefined || maker.absent) return `state ${state}, which nobody wrote`;
  if (maker.write.id !== seen.by) {
    return `state ${state} of write ${seen.by}, which write ${maker.write.id} found not committed`;
  }
  if (maker.atMs >= read.endMs) return `state ${state} before write ${seen.by} had announced it`;
  if (isRolledBack(maker.write)) return `state ${state} of write ${seen.by}, which was rolled back`;
  return undefined;
}

function defect(register: Register, read: Read, what: string): Defect {
  const when = `${read.beginMs}..${read.endMs} ms in ${read.process}, from the ${read.source}`;
  return { kind: "defect", register: register.id, what: `a read (${when}) returned ${what}` };
}
