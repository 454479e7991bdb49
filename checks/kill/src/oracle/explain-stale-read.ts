import type { CacheSighting, History, Write } from "../history/history.js";
import type { Fault, RunMs } from "../history/history-event.js";
import type { Bounds } from "./bounds.js";
import type { CommitOrder } from "./commit-order.js";
import { isPlacement, MissedWrite } from "./missed-write.js";
import type { Register } from "./register.js";
import type { StaleRead } from "./violation.js";

/** A case in which a read may be stale for a while, and the events that show that it is this case. */
export interface Exclusion {
  readonly name:
    | "logged invalidation not delivered yet"
    | "hold ended inside the commit window"
    | "derived key with overlapping writes";
  readonly evidence: readonly string[];
  /** For how long delivery had been possible when the read began. */
  readonly undeliveredMs?: RunMs;
}

/**
 * Looks for proof that a stale read falls under what the design excludes or bounds. Every write that the read missed needs a proof of its
 * own, from events that overlap it; if one has none, the read stays unexplained (`undefined`).
 *
 * Why each: what the read got was loaded before the first missed write committed. A missed write whose hold was confirmed replaced that
 * entry, or voided the lease of that load, unless the hold was gone again before that first commit. Later writes of a register
 * place their holds after it, under the row's lock; so for all but the first only an unconfirmed hold can explain it.
 */
export function explainStaleRead(
  violation: StaleRead,
  context: { register: Register; history: History; order: CommitOrder; bounds: Bounds },
): Exclusion[] | undefined {
  const { read, seen, bound } = violation;
  // What comes straight from the database is new by itself, whatever happened to the cache.
  if (read.source === "transaction" || read.source === "row") return undefined;
  const { register, order } = context;
  const exclusions: Exclusion[] = [];
  let first = true;
  for (let state = seen + 1; state <= bound.state; state += 1) {
    const write = order.maker(state)?.write;
    if (write === undefined) return undefined;
    const missed = new MissedWrite(write, state, read, context);
    const changedNothing = order.absentAt(state, register) && order.absentAt(state - 1, register);
    // A removal of nothing holds nothing; but once it was acknowledged, its release has removed whatever stood there.
    if (changedNothing && missed.concurrent) continue;
    const exclusion = changedNothing
      ? releaseNotConfirmed(missed, [])
      : (holdNotConfirmed(missed) ?? (first ? (holdEnded(missed) ?? overlappingWrites(missed)) : undefined));
    if (exclusion === undefined) return undefined;
    exclusions.push(exclusion);
    if (!changedNothing) first = false;
  }
  return exclusions;
}

/** Its hold was not confirmed, so the key was logged with the data; the read came before a relay had to have delivered it. */
function holdNotConfirmed(missed: MissedWrite): Exclusion | undefined {
  const unconfirmed = missed.holdUnconfirmed;
  if (unconfirmed === undefined) return undefined;
  const loggedMs = missed.committedByMs;
  return deliveredLater(missed, { loggedMs, sinceMs: loggedMs, withinMs: missed.bounds.relayMs }, [
    `write ${missed.write.id} (${missed.write.process}) ${unconfirmed}`,
  ]);
}

/** How long a key may wait for its delivery. */
interface Delivery {
  /** Since when it stood in the log; infinite: it did not, its writer goes on trying. */
  readonly loggedMs: RunMs;
  readonly sinceMs: RunMs;
  readonly withinMs: RunMs;
}

/** The read came while the delivery was still due. */
function deliveredLater(
  missed: MissedWrite,
  { loggedMs, sinceMs, withinMs }: Delivery,
  evidence: readonly string[],
): Exclusion | undefined {
  const { read } = missed;
  const reachable = missed.reachableMs(sinceMs);
  if (missed.removedInBetween(loggedMs) || read.beginMs > reachable.atMs + withinMs) return undefined;
  return {
    name: "logged invalidation not delivered yet",
    undeliveredMs: Math.max(0, read.beginMs - reachable.atMs),
    evidence: [
      ...evidence,
      commit(missed),
      ...(reachable.outage === undefined ? [] : [fault(reachable.outage)]),
      `the read began at ${ms(read.beginMs)}; delivery was possible from ${ms(reachable.atMs)} and due within ${ms(withinMs)}`,
    ],
  };
}

/**
 * Its hold was confirmed, and ended before the commit: the cache was killed in between, or the writer or the cache stood still until the
 * hold ran out. That excuses reads concurrent with the write; later ones only while its release was not confirmed, or if it died.
 */
function holdEnded(missed: MissedWrite): Exclusion | undefined {
  const evidence = cacheKilledInWindow(missed) ?? holdRanOut(missed);
  if (evidence === undefined) return undefined;
  const { read, bounds, register, committedByMs } = missed;
  if (!missed.concurrent) return releaseNotConfirmed(missed, evidence);
  if (missed.removedInBetween(Number.POSITIVE_INFINITY)) return undefined;
  if (missed.writerDied && read.beginMs > committedByMs + bounds.leaseTtlMs + register.ttlMs)
    return undefined;
  return {
    name: "hold ended inside the commit window",
    evidence: [
      ...evidence,
      commit(missed),
      `the read began at ${ms(read.beginMs)}, before the write was acknowledged${missed.writerDied ? "; its writer died" : ""}`,
    ],
  };
}

/** The write was acknowledged with its release unconfirmed: the key is in the log, or (an event tells) its writer goes on trying. */
function releaseNotConfirmed(missed: MissedWrite, evidence: readonly string[]): Exclusion | undefined {
  const unconfirmed = missed.releaseUnconfirmed;
  if (unconfirmed === undefined) return undefined; // its release has removed whatever was filled
  const { bounds, acknowledgedMs } = missed;
  const delivery =
    missed.told("log-failed") === undefined
      ? { loggedMs: acknowledgedMs, sinceMs: acknowledgedMs, withinMs: bounds.relayMs }
      : {
          loggedMs: Number.POSITIVE_INFINITY,
          sinceMs: acknowledgedMs,
          withinMs: bounds.relayMs + bounds.retryMs,
        };
  return deliveredLater(missed, delivery, [...evidence, `write ${missed.write.id} ${unconfirmed}`]);
}

function cacheKilledInWindow(missed: MissedWrite): string[] | undefined {
  const { committedByMs, write } = missed;
  const placed = missed.placements[0];
  if (placed === undefined) return undefined;
  const kill = missed
    .cacheFaults("cache-killed")
    .find(({ beginMs, effectMs }) => beginMs < committedByMs && effectMs > placed.beginMs);
  return kill && [hold(write, placed), fault(kill)];
}

function holdRanOut(missed: MissedWrite): string[] | undefined {
  const { committedByMs, history, write, bounds } = missed;
  const placed = missed.placements.filter(({ beginMs }) => beginMs < committedByMs);
  for (const [index, placement] of placed.entries()) {
    const fromMs = placement.beginMs;
    const toMs = placed[index + 1]?.beginMs ?? committedByMs;
    if (toMs - fromMs < bounds.holdTtlMs) continue;
    const silence = longestSilence(history.processes.get(write.process)?.beats ?? [], fromMs, toMs);
    const paused = silence.toMs - silence.fromMs >= bounds.holdTtlMs / 2;
    const outage = missed
      .cacheFaults("cache-stopped", "cache-cut")
      .find(({ beginMs, endMs }) => beginMs < toMs && endMs > fromMs);
    if (!paused && outage === undefined) continue;
    return [
      hold(write, placement),
      `it was not renewed until ${ms(toMs)}; its ttl is ${ms(bounds.holdTtlMs)}`,
      ...(paused ? [`${write.process} stood still from ${ms(silence.fromMs)} to ${ms(silence.toMs)}`] : []),
      ...(outage === undefined ? [] : [fault(outage)]),
    ];
  }
  return undefined;
}

/**
 * A derived key, which no lock orders: another write of the same key overlapped this one, replaced its hold, and released before this one
 * committed. That excuses reads concurrent with this one, and later ones while its release was not confirmed; it is in the log, so a
 * relay delivers it also when its writer died.
 */
function overlappingWrites(missed: MissedWrite): Exclusion | undefined {
  const { write, register, history, committedByMs, read, bounds } = missed;
  if (register.kind !== "derived" || missed.removedInBetween(committedByMs)) return undefined;
  if (missed.writerDied && read.beginMs > missed.reachableMs(committedByMs).atMs + bounds.relayMs) {
    return undefined;
  }
  const own = missed.placements[0];
  const rival = own && rivalOf(own, committedByMs, history);
  if (own === undefined || rival === undefined) return undefined;
  const evidence = [
    hold(write, own),
    `another write of ${rival.process} replaced it at ${ms(rival.beginMs)}..${ms(rival.endMs)}`,
  ];
  if (!missed.concurrent) return releaseNotConfirmed(missed, evidence);
  return { name: "derived key with overlapping writes", evidence: [...evidence, commit(missed)] };
}

/** A hold that another write placed over `own` before the write of `own` was committed. */
function rivalOf(own: CacheSighting, committedByMs: RunMs, history: History): CacheSighting | undefined {
  return history
    .stepsOn(own.key)
    .find(
      (step) =>
        isPlacement(step) &&
        (step.hold !== own.hold || step.process !== own.process) &&
        step.endMs > own.beginMs &&
        step.beginMs < committedByMs,
    );
}

/** The longest stretch of an interval in which a process did not show that it was running. */
function longestSilence(
  beats: readonly RunMs[],
  fromMs: RunMs,
  toMs: RunMs,
): { readonly fromMs: RunMs; readonly toMs: RunMs } {
  let longest = { fromMs, toMs: fromMs };
  let lastMs = fromMs;
  for (const atMs of [...beats.filter((beat) => beat > fromMs && beat < toMs), toMs]) {
    if (atMs - lastMs > longest.toMs - longest.fromMs) longest = { fromMs: lastMs, toMs: atMs };
    lastMs = atMs;
  }
  return longest;
}

function hold(write: Write, { beginMs, endMs }: CacheSighting): string {
  return `the hold of write ${write.id} (${write.process}) was placed at ${ms(beginMs)}..${ms(endMs)}`;
}

function commit({ write, committedByMs }: MissedWrite): string {
  return `write ${write.id} was committed by ${ms(committedByMs)}`;
}

function fault({ kind, target, beginMs, effectMs, endMs }: Fault): string {
  return `${kind}${target === "" ? "" : ` ${target}`} at ${ms(beginMs)}..${ms(effectMs)}, over at ${ms(endMs)}`;
}

function ms(value: RunMs): string {
  return `${value.toFixed(3)} ms`;
}
