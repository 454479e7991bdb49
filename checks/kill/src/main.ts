/**
 * `npm run check:kill`: processes read and write shared keys while they and their servers are killed and stopped; then the
 * history of all is checked against the guarantee. See README.md.
 */
import { missingDebianPackages } from "@aside/test-servers";
import { type Command, parseCommand, usage } from "./run/command-line.js";
import { operationsOf, report } from "./run/report.js";
import { runCheck } from "./run/run-check.js";
import type { Breakage } from "./worker/messages.js";

/** What a run must have seen to count, for each minute. */
const leastFaultsPerMinute = 30;
const leastOperationsPerMinute = 100_000;
/** In a run of less than a minute a tenth as many operations will do: it is for busy machines, and processes are slow when they are young. */
const shortRunShare = 0.1;

async function main(): Promise<number> {
  let command: Command | undefined;
  try {
    command = parseCommand(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (command === undefined) {
    console.log(usage);
    return 0;
  }
  const missing = missingDebianPackages(["memcached", "mariadb"]);
  if (missing.length > 0) {
    console.error(`check:kill needs servers that are not installed: apt-get install ${missing.join(" ")}`);
    return 2;
  }
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  try {
    if (!command.prove) return await check(command, ending.signal);
    for (const breakage of ["holds", "tokens"] as const satisfies readonly Breakage[]) {
      const failed = await check({ ...command, breakage }, ending.signal);
      if (failed !== 0) return failed;
    }
    return 0;
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    console.error("check:kill was interrupted; everything is stopped.");
    return 130;
  }
}

async function check(command: Command, signal: AbortSignal): Promise<number> {
  const { seconds, workers, seed, breakage } = command;
  const variant = breakage === undefined ? "" : `, ${breakage} switched off`;
  console.log(`check:kill: ${seconds} s, ${workers} workers, seed ${seed}${variant}`);
  const result = await runCheck({ ...command, signal });
  for (const line of report(result)) console.log(line);
  const { history, verdict } = result;
  if (breakage !== undefined) {
    const found = verdict.unexplained.some(({ kind }) => kind === "stale-read");
    console.log(
      found
        ? `PROVED: with ${breakage} switched off, stale reads were found`
        : `NOT PROVED: with ${breakage} switched off, no stale read was found`,
    );
    return found ? 0 : 1;
  }
  const minutes = seconds / 60;
  const leastFaults = Math.floor(leastFaultsPerMinute * minutes);
  const share = minutes < 1 ? shortRunShare : 1;
  const leastOperations = Math.floor(leastOperationsPerMinute * minutes * share);
  const tooFew = [
    history.faults.length < leastFaults ? `at least ${leastFaults} faults` : [],
    operationsOf(history) < leastOperations ? `at least ${leastOperations} operations` : [],
  ].flat();
  if (tooFew.length > 0) console.log(`FAILED: the run does not count, it needs ${tooFew.join(" and ")}`);
  if (verdict.unexplained.length > 0) console.log("FAILED: the guarantee was broken");
  const passed = tooFew.length === 0 && verdict.unexplained.length === 0;
  if (passed) console.log("PASSED");
  return passed ? 0 : 1;
}

process.exitCode = await main();
