import { paired, ratioTo } from "./comparison.js";
import type { Round } from "./round.js";
import { quantile, type Spread } from "./statistics.js";

/** What was found of a goal. */
export interface Verdict {
  readonly reached: boolean;
  /** The figure, for people. */
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

/** 99 of 100 operations no more than `mostMs` slower than 99 of 100 of the rival's, in the median of the rounds. */
export function p99Within(name: string, mostMs: number, rival: string): Goal {
  return {
    text: `p99 of ${name} within ${mostMs} ms of that of ${rival}`,
    judge(rounds) {
      const difference = paired(
        rounds,
        name,
        rival,
        (own, others) => quantile(own.latenciesMs, 0.99) - quantile(others.latenciesMs, 0.99),
      );
      return { reached: difference.median <= mostMs, seen: shown(difference, " ms") };
    },
  };
}

/** 99 of 100 operations in at most `times` the time of 99 of 100 of the rival's, in the median of the rounds. */
export function p99AtMost(name: string, times: number, rival: string): Goal {
  return {
    text: `p99 of ${name} at most ${times}x that of ${rival}`,
    judge(rounds) {
      const ratio = paired(
        rounds,
        name,
        rival,
        (own, others) => quantile(own.latenciesMs, 0.99) / quantile(others.latenciesMs, 0.99),
      );
      return { reached: ratio.median <= times, seen: shown(ratio, "x") };
    },
  };
}

function shown({ low, median, high }: Spread, unit: string): string {
  return `${median.toFixed(2)}${unit} [${low.toFixed(2)}..${high.toFixed(2)}]`;
}
