import type { Case, Verdict } from "../cases/run-case.js";

/** The verdict of one case in words; with its history where it is asked for, or where it is not as the table says. */
export function reportLines({ scenario, cousin }: Case, verdict: Verdict, histories: boolean): string[] {
  const { exploration, elapsedMs, expected } = verdict;
  const { states, failure } = exploration;
  const what =
    cousin === undefined ? scenario.promise : `WITHOUT A GUARD: ${cousin.weakness}. ${cousin.failure}`;
  const outcome = failure === undefined ? "no problem" : failure.problem.kind;
  const size = `${outcome}; ${states} states, ${(elapsedMs / 1000).toFixed(1)} s`;
  const lines = [`${expected ? "ok  " : "FAIL"} ${scenario.name}: ${what} (${size})`];
  if (!expected) lines.push(`     The table says: ${cousin?.fails ?? "no problem"}.`);
  if (failure !== undefined && (histories || !expected)) {
    failure.history.forEach((step, i) => {
      lines.push(`     ${String(i + 1).padStart(2)}. ${step}`);
    });
    lines.push(`     => ${failure.problem.description}`);
  }
  return lines;
}
