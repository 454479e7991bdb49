/** `npm run check:conformance`: the same random operations on simulated and on real backends. See README.md. */
import { missingDebianPackages } from "@aside/test-servers";
import { openCacheSubject } from "./cache/cache-subject.js";
import { cacheBreakages } from "./cache/simulated-cache.js";
import { type Command, parseCommand, usage } from "./command-line.js";
import { openDatabaseSubject } from "./database/database-subject.js";
import { databaseBreakages } from "./database/simulated-database.js";
import { type Failure, runSequences } from "./run/run-sequences.js";
import type { Subject } from "./run/subject.js";

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
  const missing = missingDebianPackages(["memcached", "mariadb"]);
  if (missing.length > 0) {
    console.error(
      `check:conformance needs servers that are not installed: apt-get install ${missing.join(" ")}`,
    );
    return 2;
  }
  await using cache = await openCacheSubject();
  await using database = await openDatabaseSubject();
  return await (command.prove ? prove : check)(command, cache, database);
}

type CacheSubject = Awaited<ReturnType<typeof openCacheSubject>>;
type DatabaseSubject = Awaited<ReturnType<typeof openDatabaseSubject>>;

async function check(command: Command, cache: CacheSubject, database: DatabaseSubject): Promise<number> {
  const { seed, sequences } = command;
  const outcomes = await Promise.all([
    checkSubject(cache as Subject<unknown>, seed, sequences),
    checkSubject(database as Subject<unknown>, seed, sequences),
  ]);
  const passed = outcomes.every((outcome) => outcome);
  console.log(passed ? "PASSED" : "FAILED");
  return passed ? 0 : 1;
}

async function checkSubject(subject: Subject<unknown>, seed: number, sequences: number): Promise<boolean> {
  const startMs = performance.now();
  const result = await runSequences(subject, seed, sequences, shrinkWithinMs);
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(
    `${subject.name}: ${result.sequences} sequences of ${result.steps} steps from seed ${seed} in ${seconds} s`,
  );
  if (result.failure !== undefined) show(result.failure);
  return result.failure === undefined;
}

/** Breaks the simulated backends, and expects each breakage to be found. */
async function prove(command: Command, cache: CacheSubject, database: DatabaseSubject): Promise<number> {
  const { seed, sequences } = command;
  const broken = [
    ...cacheBreakages.map((breakage) => [breakage, cache.broken(breakage)] as const),
    ...databaseBreakages.map((breakage) => [breakage, database.broken(breakage)] as const),
  ];
  let proved = true;
  for (const [breakage, subject] of broken) {
    const { failure } = await runSequences(subject as Subject<unknown>, seed, sequences, 0);
    if (failure === undefined) {
      proved = false;
      console.log(`NOT FOUND: ${breakage}, in ${sequences} sequences from seed ${seed}`);
    } else {
      console.log(`found: ${breakage}, by seed ${failure.seed}`);
    }
  }
  console.log(proved ? "PROVED" : "NOT PROVED");
  return proved ? 0 : 1;
}

function show({ seed, steps, difference }: Failure): void {
  console.log(`seed ${seed}, shrunk to ${steps.length} steps:`);
  for (const step of steps) console.log(`  ${JSON.stringify(step)}`);
  console.log(`the last of them, as it was done: ${difference.step}`);
  console.log(`simulated: ${difference.simulated}`);
  console.log(`real:      ${difference.real}`);
  console.log(`replay: npm run check:conformance -- --seed ${seed} --sequences 1`);
}

process.exitCode = await main();
