import type { Measurement, Round } from "./round.js";
import { quantile, type Spread, spreadOf } from "./statistics.js";

/** What a case says of one subject. */
export interface Row {
  readonly name: string;
  /** Operations a second: the median of the rounds. */
  readonly perSecond: number;
  /** Speed as a multiple of the rival's in the same round. */
  readonly ratio: Spread;
  /** CPU time of this process for one operation, in microseconds: the median of the rounds. */
  readonly cpuUs: number;
  /** Of the operations of all rounds together, so that what happens in one round only is not lost. Absent where they were not measured. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export function compare(rounds: readonly Round[], rival: string): Row[] {
  return [...(rounds[0] as Round).keys()].map((name) => {
    const own = measurementsOf(rounds, name);
    const row: Row = {
      name,
      perSecond: quantile(own.map(speedOf), 0.5),
      ratio: ratioTo(rounds, name, rival),
      cpuUs: quantile(
        own.map(({ cpuUs, operations }) => cpuUs / operations),
        0.5,
      ),
    };
    if (own.every(({ latenciesMs }) => latenciesMs.length === 0)) return row;
    return { ...row, p50Ms: percentile(rounds, name, 0.5), p99Ms: percentile(rounds, name, 0.99) };
  });
}

/** How long the share `q` of a subject's operations took at most, of all rounds together. */
export function percentile(rounds: readonly Round[], name: string, q: number): number {
  return quantile(
    measurementsOf(rounds, name).flatMap(({ latenciesMs }) => latenciesMs),
    q,
  );
}

/** How many times as fast as `rival` a subject was, round by round. */
export function ratioTo(rounds: readonly Round[], name: string, rival: string): Spread {
  return paired(rounds, name, rival, (own, others) => speedOf(own) / speedOf(others));
}

/** A figure of a subject and its rival in each round. */
export function paired(
  rounds: readonly Round[],
  name: string,
  rival: string,
  figure: (own: Measurement, others: Measurement) => number,
): Spread {
  const others = measurementsOf(rounds, rival);
  return spreadOf(
    measurementsOf(rounds, name).map((own, round) => figure(own, others[round] as Measurement)),
  );
}

function measurementsOf(rounds: readonly Round[], name: string): Measurement[] {
  return rounds.map((round) => {
    const measurement = round.get(name);
    if (measurement === undefined) throw new Error(`${name} was not measured.`);
    return measurement;
  });
}

function speedOf({ operations, elapsedMs }: Measurement): number {
  return (operations * 1000) / elapsedMs;
}
