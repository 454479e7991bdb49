import type { Case } from "./case.js";
import type { Meter } from "./meter.js";
import { type Measurement, measureRound, type Round } from "./round.js";
import type { Subject } from "./subject.js";

/** How long a case is measured. */
export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

export const thorough: Pace = { rounds: 9, roundMs: 400, warmUpMs: 400 };
/** Shows that everything runs; the figures mean little. */
export const quick: Pace = { rounds: 2, roundMs: 15, warmUpMs: 10 };

/** While measured; while warming up, every answer is checked. */
const checkEvery = 64;

/**
 * Lets every subject work in every round, in an order that rotates, so that a machine that slows down for a while slows all of them down
 * and ratios within a round stay right.
 * @throws {Error} that names subject and case, when an operation fails or an answer is wrong.
 */
export async function runCase(each: Case, pace: Pace, meter: Meter): Promise<Round[]> {
  const { callers, latency = false, subjects } = each;
  for (const subject of subjects) {
    const warmUp = { callers, durationMs: pace.warmUpMs, checkEvery: 1, latency, meter };
    await named(each, subject, measureRound(subject, warmUp));
  }
  const rounds: Round[] = [];
  for (let round = 0; round < pace.rounds; round++) {
    const measurements = new Map<string, Measurement>();
    for (const subject of rotated(subjects, round)) {
      const options = { callers, durationMs: pace.roundMs, checkEvery, latency, meter };
      measurements.set(subject.name, await named(each, subject, measureRound(subject, options)));
    }
    rounds.push(measurements);
  }
  for (const subject of subjects) await named(each, subject, subject.verify?.() ?? Promise.resolve());
  return rounds;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function named<T>({ name }: Case, subject: Subject, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${subject.name} failed in "${name}": ${what}`, { cause });
  }
}
