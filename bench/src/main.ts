/** `npm run bench -- NAME`: Aside and its rivals on the same work, side by side in one run. See README.md. */
import { missingDebianPackages } from "@aside/test-servers";
import { type Command, parseCommand, usage } from "./command-line.js";
import type { Benchmark } from "./harness/benchmark.js";
import { memcachedBenchmark } from "./memcached/memcached-benchmark.js";
import { runBenchmark } from "./run-benchmark.js";
import { storeBenchmark } from "./store/store-benchmark.js";

const benchmarks: readonly Benchmark[] = [memcachedBenchmark, storeBenchmark];

/** 0 whatever the figures are: a benchmark is not a test. An operation that fails or a wrong answer ends the process with an error. */
async function main(): Promise<number> {
  let command: Command | undefined;
  try {
    command = parseCommand(process.argv.slice(2), benchmarks);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage(benchmarks)}`);
    return 2;
  }
  if (command === undefined) {
    console.log(usage(benchmarks));
    return 0;
  }
  const missing = missingDebianPackages(command.benchmark.servers);
  if (missing.length > 0) {
    console.error(`bench needs servers that are not installed: apt-get install ${missing.join(" ")}`);
    return 2;
  }
  await runBenchmark(command, (line) => console.log(line));
  return 0;
}

process.exitCode = await main();
