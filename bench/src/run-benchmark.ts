import { writeFileSync } from "node:fs";
import type { Command } from "./command-line.js";
import { Bench, type CaseResult, goalLine } from "./harness/bench.js";
import { describeMachine, isBusy, loadNow, type Machine } from "./harness/machine.js";

/** Runs one benchmark and prints what it finds. @throws {Error} when a contender fails; never for a figure. */
export async function runBenchmark(command: Command, print: (line: string) => void): Promise<void> {
  const { benchmark, quick, only, json, memoryOperations } = command;
  if (json !== undefined) writeFileSync(json, ""); // a path that cannot be written to is found out before the work, not after it
  const startedAt = new Date().toISOString();
  const machine = describeMachine(benchmark.packages, benchmark.servers);
  const loadBefore = loadNow();
  for (const line of headOf(benchmark.name, machine, loadBefore)) print(line);
  if (quick) print("--quick: this shows that all works; the figures mean little.");

  const bench = new Bench({ quick, only, print });
  if (memoryOperations === undefined) await benchmark.run(bench);
  else await benchmark.watchMemory?.(bench, memoryOperations);

  const { results } = bench;
  const loadAfter = loadNow();
  for (const line of summaryOf(results, loadAfter)) print(line);
  if (json === undefined) return;
  const result = { benchmark: benchmark.name, startedAt, quick, machine, loadBefore, loadAfter, results };
  writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
}

function headOf(name: string, machine: Machine, load: number): string[] {
  const { cores, processor, memoryGb, system, node, versions } = machine;
  const busy = `WARNING: the machine is busy (load average ${load} on ${cores} cores): trust ratios and cpu, nothing else.`;
  return [
    `bench ${name}: ${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node.js ${node}, load average ${load}`,
    Object.entries(versions)
      .map(([what, version]) => `${what} ${version}`)
      .join(", "),
    ...(isBusy(load, cores) ? [busy] : []),
    "ratio: speed as a multiple of the first contender's in the same round, median [quartiles]; cpu: of this process",
  ];
}

function summaryOf(results: readonly CaseResult[], load: number): string[] {
  if (results.length === 0) return ["No case has that in its name."];
  const goals = results.flatMap(({ name, goals }) => goals.map((goal) => ({ name, goal })));
  const missed = goals.filter(({ goal }) => !goal.reached);
  return [
    "",
    `${results.length} cases, load average at the end ${load}; ${goals.length - missed.length} of ${goals.length} goals reached`,
    ...missed.map(({ name, goal }) => `  ${name}: ${goalLine(goal)}`),
  ];
}
