/** `npm run simulate`: see README.md. */

import { runCampaign } from "./campaign/campaign.js";
import { replayOptions, shrink } from "./campaign/shrink.js";
import { type Command, parseCommand, usage } from "./command-line.js";
import { coreAddress } from "./mutations/core-copy.js";
import { reportMutations } from "./mutations/report-mutations.js";
import { makePlan } from "./plan/make-plan.js";
import type { Plan } from "./plan/plan.js";
import { runSchedule } from "./run/run-schedule.js";
import type { Core } from "./world/world.js";

const shrinkWithinMs = 30_000;

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
  if (command.mutations) return (await reportMutations(command)) ? 0 : 1;
  return command.seed === undefined ? simulate(command) : replay(command, command.seed);
}

async function simulate(command: Command): Promise<number> {
  const { workers, from, schedules, minutes } = command;
  const result = await runCampaign({
    core: coreAddress,
    workers,
    firstSeed: from,
    schedules,
    forMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
    stopAtFailure: minutes !== undefined,
  });
  const seconds = (result.tookMs / 1_000).toFixed(1);
  console.log(
    `${result.schedules} schedules from seed ${from}, ${result.events} events, ${result.reads} reads checked, in ${seconds} s`,
  );
  for (const [reason, count] of result.excused) console.log(`  excused ${count} times: ${reason}`);
  if (result.failures.length === 0) {
    console.log("PASSED");
    return 0;
  }
  for (const { seed, violation } of result.failures.slice(0, 10)) console.log(`seed ${seed}: ${violation}`);
  console.log(`FAILED: ${result.failures.length} schedules`);
  const [first] = result.failures;
  if (first !== undefined) await showShrunk(makePlan(first.seed), await import(coreAddress));
  return 1;
}

async function replay(command: Command, seed: number): Promise<number> {
  const core: Core = await import(coreAddress);
  const plan = makePlan(seed);
  const kept: Plan = {
    ...plan,
    timing: command.timing,
    operations: plan.operations.filter(({ id }) => command.operations?.includes(id) ?? true),
    faults: plan.faults.filter(({ id }) => command.faults?.includes(id) ?? true),
  };
  const outcome = await runSchedule(kept, core, true);
  const failed = outcome.violations.length > 0;
  if (command.trace || (failed && command.operations !== undefined)) console.log(outcome.trace.join("\n"));
  for (const violation of outcome.violations) console.log(violation);
  console.log(failed ? "FAILED" : "PASSED");
  if (failed && command.operations === undefined) await showShrunk(kept, core);
  return failed ? 1 : 0;
}

async function showShrunk(plan: Plan, core: Core): Promise<void> {
  const { plan: small } = await shrink(plan, core, shrinkWithinMs);
  const { trace, violations } = await runSchedule(small, core, true);
  console.log(`\nshrunk to ${small.operations.length} operations and ${small.faults.length} faults:`);
  console.log(trace.join("\n"));
  for (const violation of violations) console.log(violation);
  console.log(`settings ${JSON.stringify(small.settings)}`);
  console.log(`replay: npm run simulate -- ${replayOptions(small)}`);
}

process.exitCode = await main();
