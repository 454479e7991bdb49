/**
 * `npm run check:model`: explores every interleaving of small cases of the protocol, each of which must keep its promise, and of its
 * weaker cousins, each of which must break it. See README.md.
 */
import { casesOf, type Verdict } from "./cases/run-case.js";
import { scenarios } from "./cases/scenarios.js";
import { type Command, parseCommand, usage } from "./run/command-line.js";
import { reportLines } from "./run/report.js";
import { runCases } from "./run/run-cases.js";

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
  const { only, histories } = command;
  const cases = casesOf(scenarios);
  const places = cases.flatMap(({ scenario }, place) => (scenario.name.includes(only) ? [place] : []));
  if (places.length === 0) {
    console.error(`check:model: no scenario is called "${only}"; there are:`);
    for (const { name } of scenarios) console.error(`  ${name}`);
    return 2;
  }
  const startedMs = performance.now();
  let states = 0;
  let unexpected = 0;
  const told = (place: number, verdict: Verdict) => {
    const one = cases[place];
    if (one === undefined) return;
    states += verdict.exploration.states;
    if (!verdict.expected) unexpected += 1;
    for (const line of reportLines(one, verdict, histories)) console.log(line);
  };
  try {
    await runCases(places, command, told);
  } catch (error) {
    console.error(`check:model: not explored to the end: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
  const cousins = places.filter((place) => cases[place]?.cousin !== undefined).length;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `check:model: ${places.length - cousins} cases of the protocol and ${cousins} cousins, ${states} states, ${seconds} s: ` +
      (unexpected === 0
        ? "every promise kept, every cousin failed."
        : `${unexpected} NOT AS THE TABLE SAYS.`),
  );
  return unexpected === 0 ? 0 : 1;
}

process.exitCode = await main();
