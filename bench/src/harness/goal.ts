import { paired, percentile, ratioTo } from "./comparison.js";
import type { Measurement, Round } from "./round.js";
import { quantile, type Spread } from "./statistics.js";

/** What was found of a goal. */
export interface Verdict {
  readonly reached: boolean;
  /** The figure, for people, with the quartiles of the rounds. */
  readonly seen: string;
}

/** What a case is hoped to show. */
export interface Goal {
  readonly text: string;
  judge(rounds: readonly Round[]): Verdict;
}

/** At least `least` times as fast as `rival`, in the median of the rounds. */
export function atLeast(name: string, least: number, rival: string): Goal {
  return {
    text: `${name} at least ${least}x ${rival}`,
    judge(rounds) {
      const ratio = ratioTo(rounds, name, rival);
      return { reached: ratio.median >= least, seen: shown(ratio, "x") };
    },
  };
}

/** 99 of 100 operations no more than `mostMs` slower than 99 of 100 of the rival's, all rounds together. */
export function p99Within(name: string, mostMs: number, rival: string): Goal {
  const text = `p99 of ${name} within ${mostMs} ms of that of ${rival}`;
  return p99Goal(text, name, rival, " ms", mostMs, (own, others) => own - others);
}

/** 99 of 100 operations in at most `times` the time of 99 of 100 of the rival's, all rounds together. */
export function p99AtMost(name: string, times: number, rival: string): Goal {
  const text = `p99 of ${name} at most ${times}x that of ${rival}`;
  return p99Goal(text, name, rival, "x", times, (own, others) => own / others);
}

function p99Goal(
  text: string,
  name: string,
  rival: string,
  unit: string,
  most: number,
  figure: (own: number, others: number) => number,
): Goal {
  return {
    text,
    judge(rounds) {
      const seen = figure(percentile(rounds, name, 0.99), percentile(rounds, rival, 0.99));
      const p99 = ({ latenciesMs }: Measurement): number => quantile(latenciesMs, 0.99);
      const { low, high } = paired(rounds, name, rival, (own, others) => figure(p99(own), p99(others)));
      return { reached: seen <= most, seen: shown({ low, median: seen, high }, unit) };
    },
  };
}

function shown({ low, median, high }: Spread, unit: string): string {
  return `${median.toFixed(2)}${unit} [${low.toFixed(2)}..${high.toFixed(2)}]`;
}
