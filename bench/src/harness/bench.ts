import type { Case } from "./case.js";
import { compare, type Row } from "./comparison.js";
import type { Verdict } from "./goal.js";
import { heapGrowth, heapToleranceBytes, type MemorySample, watchMemory } from "./memory.js";
import { type Meter, machineMeter } from "./meter.js";
import { type Pace, quick, runCase, thorough } from "./run-case.js";
import type { Subject } from "./subject.js";
import { comparisonTable, memoryTable } from "./table.js";

export interface BenchOptions {
  /** For a smoke run: little data and short rounds. */
  readonly quick: boolean;
  /** Only cases whose name has this in it. Default: all. */
  readonly only?: string | undefined;
  readonly print: (line: string) => void;
  /** Default: as `quick` says. */
  readonly pace?: Pace | undefined;
  /** Default: the machine's. */
  readonly meter?: Meter | undefined;
}

/** A goal, and whether it was reached. */
export interface JudgedGoal extends Verdict {
  readonly text: string;
}

export interface CaseResult {
  readonly name: string;
  readonly callers?: number;
  readonly rows?: readonly Row[];
  readonly memory?: readonly MemorySample[];
  readonly goals: readonly JudgedGoal[];
}

/** One run of a benchmark: measures the cases it is given, prints what it finds and keeps it. */
export class Bench {
  readonly quick: boolean;
  readonly results: CaseResult[] = [];
  readonly #only: string;
  readonly #print: (line: string) => void;
  readonly #pace: Pace;
  readonly #meter: Meter;

  constructor({ quick: isQuick, only = "", print, pace, meter = machineMeter }: BenchOptions) {
    this.quick = isQuick;
    this.#only = only.toLowerCase();
    this.#print = print;
    this.#pace = pace ?? (isQuick ? quick : thorough);
    this.#meter = meter;
  }

  /** Whether any of these cases is asked for. Ask before preparing what only they need. */
  wants(...names: readonly string[]): boolean {
    return names.some((name) => name.toLowerCase().includes(this.#only));
  }

  /** Measures a case. @throws {Error} when a subject fails or gives a wrong answer. */
  async compare(each: Case): Promise<void> {
    const [rival] = each.subjects;
    if (rival === undefined) throw new TypeError(`Case "${each.name}" has no subjects.`);
    if (!this.wants(each.name)) return;
    const rounds = await runCase(each, this.#pace, this.#meter);
    const rows = compare(rounds, rival.name);
    const goals = (each.goals ?? []).map((goal) => ({ text: goal.text, ...goal.judge(rounds) }));
    this.#keep({ name: each.name, callers: each.callers, rows, goals }, comparisonTable(rows));
  }

  /** Takes note of something that was counted, not timed. */
  count(name: string, seen: number, goal: { readonly least?: number; readonly most: number }): void {
    const { least = 0, most } = goal;
    const text = least === most ? `exactly ${most}` : `at most ${most}`;
    this.#keep({ name, goals: [{ text, reached: seen >= least && seen <= most, seen: String(seen) }] }, []);
  }

  /** Watches the memory over many operations of one subject. */
  async watchMemory(subject: Subject, callers: number, operations: number): Promise<void> {
    if (!this.wants(subject.name)) return;
    const memory = await watchMemory(subject, { callers, operations, meter: this.#meter });
    const grown = heapGrowth(memory);
    const goal = {
      text: `the heap grows by less than ${heapToleranceBytes / 1e6} MB`,
      reached: grown < heapToleranceBytes,
      seen: `${(grown / 1e6).toFixed(2)} MB`,
    };
    this.#keep({ name: `memory: ${subject.name}`, callers, memory, goals: [goal] }, memoryTable(memory));
  }

  #keep(result: CaseResult, lines: readonly string[]): void {
    this.results.push(result);
    this.#print("");
    this.#print(result.name);
    for (const line of lines) this.#print(`  ${line}`);
    for (const goal of result.goals) this.#print(`  ${goalLine(goal)}`);
  }
}

/** A goal and its outcome in a line. */
export function goalLine({ text, reached, seen }: JudgedGoal): string {
  return `goal ${reached ? "reached" : "NOT REACHED"}: ${text}; seen ${seen}`;
}
