import type { CacheSighting, History, Read, Write } from "../history/history.js";
import type { Fault, RunMs } from "../history/history-event.js";
import { CommitOrder } from "../oracle/commit-order.js";
import type { Exclusion } from "../oracle/explain-stale-read.js";
import type { Register } from "../oracle/register.js";
import type { ExplainedRead } from "../oracle/verdict.js";
import type { StaleRead, Violation } from "../oracle/violation.js";
import { bounds } from "../plan/settings.js";
import type { RunResult } from "./run-check.js";

/** How many violations of a kind are shown in full. */
const shown = 3;
/** How much of the history before the missed write is shown. */
const contextMs: RunMs = 30;
const mostLines = 120;

/** Number of calls of the workload that the history holds. */
export function operationsOf({ reads, failedReads, writes }: History): number {
  return reads.length + failedReads.length + writes.size;
}

/** What a run came to, for a terminal. */
export function* report({ registers, history, verdict }: RunResult): Generator<string> {
  yield* summary(history);
  yield* explained(verdict.explained);
  const stale = verdict.unexplained.filter((violation) => violation.kind === "stale-read");
  const defects = verdict.unexplained.filter((violation) => violation.kind === "defect");
  yield `unexplained: ${stale.length} stale reads, ${defects.length} other violations`;
  for (const defect of defects.slice(0, 4 * shown)) {
    yield `  UNEXPLAINED ${defect.register ?? ""} ${defect.what}`;
  }
  for (const violation of stale.slice(0, shown)) yield* excerpt(violation, history, registers);
}

function* summary(history: History): Generator<string> {
  const { reads, failedReads, writes, faults } = history;
  const sources = count(reads.map(({ source }) => source));
  const outcomes = count([...writes.values()].map(({ outcome }) => outcome));
  const codes = count([...writes.values()].flatMap(({ code }) => code ?? []));
  const told = count([...history.processes.values()].flatMap(({ told }) => told.map(({ event }) => event)));
  const fills = history.cacheSteps.filter(({ step, kind }) => step === "compare-and-set" && kind === "value");
  yield `operations: ${operationsOf(history)}`;
  yield `  reads: ${reads.length} (${list(sources)}), ${failedReads.length} failed`;
  yield `  fills: ${fills.length} (${list(count(fills.map(({ outcome }) => outcome)))})`;
  yield `  writes: ${writes.size} (${list(outcomes)}${codes.size === 0 ? "" : `; errors: ${list(codes)}`})`;
  yield `  events: ${list(told)}`;
  yield `faults: ${faults.length} (${list(count(faults.map(({ kind }) => kind)))})`;
}

function* explained(reads: readonly ExplainedRead[]): Generator<string> {
  const names = count(reads.flatMap(({ exclusions }) => exclusions.map(({ name }) => name)));
  yield `stale reads that the guarantee excludes, with proof: ${reads.length}${names.size === 0 ? "" : ` (${list(names)})`}`;
  const longestMs = Math.max(0, ...reads.flatMap(({ exclusions }) => exclusions.map(undelivered)));
  if (longestMs > 0) {
    yield `  longest time that a logged invalidation was seen undelivered: ${longestMs.toFixed(0)} ms (bound: ${bounds.relayMs} ms)`;
  }
  const seen = new Map<string, number>();
  for (const { violation, exclusions } of reads) {
    const name = exclusions.map((exclusion) => exclusion.name).join(", ");
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    if (nth > shown) continue;
    yield `  ${describe(violation)}`;
    for (const exclusion of exclusions) {
      yield `    excluded: ${exclusion.name}`;
      for (const line of exclusion.evidence) yield `      ${line}`;
    }
  }
}

function undelivered({ undeliveredMs }: Exclusion): RunMs {
  return undeliveredMs ?? 0;
}

export function describe(violation: Violation): string {
  if (violation.kind === "defect") return violation.what;
  const { register, read, seen, bound } = violation;
  const why =
    bound.kind === "acknowledged"
      ? `write ${bound.write.id} (${bound.write.process}) of state ${bound.state} was acknowledged at ${bound.write.endMs} ms`
      : `a read of ${bound.read.process} had returned state ${bound.state} by ${bound.read.endMs} ms`;
  return `${register}: ${read.process} read state ${seen} at ${read.beginMs}..${read.endMs} ms (${read.source}), but ${why}`;
}

/** The violation and what happened to its key around it. */
function* excerpt(violation: StaleRead, history: History, registers: readonly Register[]): Generator<string> {
  const register = registers.find(({ id }) => id === violation.register);
  if (register === undefined) return;
  yield `  UNEXPLAINED ${describe(violation)}`;
  const order = new CommitOrder(register.id, history);
  const missed = order.maker(violation.seen + 1)?.write;
  const fromMs = Math.min(missed?.beginMs ?? violation.read.beginMs, violation.read.beginMs) - contextMs;
  const toMs = violation.read.endMs + 1;
  const lines = [
    ...history.stepsOn(register.cacheKey).map(stepLine),
    ...history.reads.flatMap((read) => readLine(read, register.id)),
    ...[...history.writes.values()].flatMap((write) => writeLines(write, register.id)),
    ...history.faults.flatMap(faultLines),
    ...[...history.processes].flatMap(([name, { told }]) =>
      told.map(({ event, store, atMs }) => ({ atMs, text: `${name} tells ${event} ${store ?? ""}` })),
    ),
  ]
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .sort((a, b) => a.atMs - b.atMs);
  const left = lines.length - mostLines;
  const head = left > 0 ? lines.slice(0, mostLines / 2) : lines;
  for (const { atMs, text } of head) yield `    ${atMs.toFixed(3)} ${text}`;
  if (left <= 0) return;
  yield `    ... ${left} more`;
  for (const { atMs, text } of lines.slice(-mostLines / 2)) yield `    ${atMs.toFixed(3)} ${text}`;
}

interface Line {
  readonly atMs: RunMs;
  readonly text: string;
}

function stepLine({ process, step, kind, outcome, hold, beginMs, endMs }: CacheSighting): Line {
  return {
    atMs: endMs,
    text: `${process} ${step} ${kind ?? ""} ${outcome}, since ${beginMs}${hold === undefined ? "" : `, hold ${hold}`}`,
  };
}

function readLine(read: Read, register: string): Line[] {
  const seen = read.seen.find((one) => one.register === register);
  if (seen === undefined) return [];
  return [
    { atMs: read.endMs, text: `${read.process} read ${seen.state} since ${read.beginMs} (${read.source})` },
  ];
}

function writeLines(write: Write, register: string): Line[] {
  const attempt = write.attempts.findLast((one) => one.register === register);
  if (attempt === undefined) return [];
  const lines: Line[] = [
    { atMs: write.beginMs, text: `write ${write.id} begins: ${write.what}` },
    { atMs: attempt.atMs, text: `write ${write.id} announces state ${attempt.state}` },
  ];
  if (write.transactionEnd !== undefined) {
    const { atMs, outcome } = write.transactionEnd;
    lines.push({ atMs, text: `write ${write.id} has ended its transaction: ${outcome}` });
  }
  if (write.endMs !== undefined) {
    lines.push({ atMs: write.endMs, text: `write ${write.id} ends: ${write.outcome} ${write.code ?? ""}` });
  }
  return lines;
}

function faultLines({ kind, target, beginMs, effectMs, endMs }: Fault): Line[] {
  const what = `${kind} ${target}`.trim();
  return [
    { atMs: beginMs, text: `FAULT ${what} begins` },
    { atMs: effectMs, text: `FAULT ${what} has taken effect` },
    { atMs: endMs, text: `FAULT ${what} is over` },
  ];
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, times]) => `${name} ${times}`).join(", ");
}
