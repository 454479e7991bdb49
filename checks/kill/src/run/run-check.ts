import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { History } from "../history/history.js";
import type { Fault, RunMs } from "../history/history-event.js";
import type { Register } from "../oracle/register.js";
import { judgeRun, type Verdict } from "../oracle/verdict.js";
import type { Defect } from "../oracle/violation.js";
import { Random } from "../plan/random.js";
import { bounds } from "../plan/settings.js";
import { foreignMark } from "../worker/recorder.js";
import { Cluster, type ClusterOptions } from "./cluster.js";
import { bringToRest, endWorkers, tornSlots } from "./converge.js";
import { FaultLoops } from "./fault-loops.js";
import { MemoryWatch } from "./memory-watch.js";

export interface RunOptions extends ClusterOptions {
  /** How long faults are made. */
  readonly seconds: number;
  /** How many workers are never killed, and have their memory watched. Default: none. */
  readonly lasting?: number;
  /** Ends the run early: it rejects then, and nothing is left. */
  readonly signal: AbortSignal;
}

export interface RunResult {
  /** What was checked. */
  readonly registers: readonly Register[];
  readonly history: History;
  readonly verdict: Verdict;
}

/** How long after a crash of the database reads may still meet it: a process finds out about its connections one by one. */
const databaseRecoveryMs = 2_000;

/** One whole run: starts everything, makes faults, brings it to rest and judges the history. */
export async function runCheck(options: RunOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const cluster = await Cluster.start(options);
  try {
    return await runOn(cluster, options);
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

async function runOn(
  cluster: Cluster,
  { seconds, seed, signal, historyFolder, lasting = 0 }: RunOptions,
): Promise<RunResult> {
  const loops = new FaultLoops(cluster, new Random(seed), lasting);
  const memory = new MemoryWatch(cluster, lasting);
  loops.start();
  memory.start();
  try {
    await sleep(seconds * 1_000, undefined, { signal });
  } finally {
    memory.stop();
    await loops.end();
  }
  await memory.finish();
  const registers = await cluster.registers();
  const rest = await bringToRest(cluster);
  const notEnded = await endWorkers(cluster);
  const history = await cluster.readHistory();
  history.reads.push(rest.read);
  history.faults.push(...loops.faults.sort((a, b) => a.beginMs - b.beginMs));
  if (historyFolder !== undefined) {
    await writeFile(join(historyFolder, "faults.json"), JSON.stringify(history.faults, undefined, 2));
  }
  const { unexplained, explained } = judgeRun({ registers, history, rows: rest.rows, bounds });
  const defects = [
    ...cluster.defects,
    ...rest.defects,
    ...notEnded,
    ...memory.defects(),
    ...tornSlots(rest.rows),
    ...failures(history),
  ].map((what): Defect => ({ kind: "defect", register: undefined, what }));
  return { registers, history, verdict: { unexplained: [...unexplained, ...defects], explained } };
}

/** Calls that rejected though nothing that the guarantee names was the matter. */
function* failures(history: History): Generator<string> {
  const crashes = history.faults.filter(({ kind }) => kind === "database-killed");
  for (const { process, beginMs, endMs, code } of history.failedReads) {
    const met = (crash: Fault): boolean =>
      endMs > crash.beginMs && beginMs < noticedMs(crash, process, history) + databaseRecoveryMs;
    if (!code.startsWith(foreignMark) && crashes.some(met)) continue;
    yield `a read of ${process} (${beginMs}..${endMs} ms) failed with ${code} while the database was up`;
  }
  for (const { id, code } of history.writes.values()) {
    if (code?.startsWith(foreignMark) === true)
      yield `write ${id} failed with a foreign error: ${code.slice(1)}`;
  }
}

/** When a crash of the database was over for a process: one that stood still learns of it when it goes on. */
function noticedMs(crash: Fault, process: string, { faults }: History): RunMs {
  const stop = faults.find(
    ({ kind, target, beginMs, endMs }) =>
      kind === "worker-stopped" &&
      target === process &&
      beginMs < crash.endMs + databaseRecoveryMs &&
      endMs > crash.beginMs,
  );
  return Math.max(crash.endMs, stop?.endMs ?? crash.endMs);
}
