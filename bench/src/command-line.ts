import { parseArgs } from "node:util";
import type { Benchmark } from "./harness/benchmark.js";

export interface Command {
  readonly benchmark: Benchmark;
  readonly quick: boolean;
  /** Only cases whose name has this in it. */
  readonly only: string | undefined;
  /** Where the result is left. */
  readonly json: string | undefined;
  /** Over how many operations memory is watched; `undefined`: it is not. */
  readonly memoryOperations: number | undefined;
}

export function usage(benchmarks: readonly Benchmark[]): string {
  return `Usage: npm run bench -- NAME [options]
${benchmarks.map(({ name, about }) => `  ${name.padEnd(12)}  ${about}`).join("\n")}
Options:
  --quick         little data and short rounds: shows that all works, the figures mean little
  --only TEXT     only cases whose name has TEXT in it
  --json FILE     leave the result in this file, too
  --memory        watch heap and rss instead of the time
  --operations N  over so many operations (10,000,000; 20,000 with --quick)`;
}

/**
 * @returns `undefined` when only help is asked for.
 * @throws {TypeError} that says what is wrong.
 */
export function parseCommand(args: readonly string[], benchmarks: readonly Benchmark[]): Command | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      json: { type: "string" },
      memory: { type: "boolean", default: false },
      operations: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, only, json, memory } = values;
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new TypeError("Name one benchmark.");
  const benchmark = benchmarks.find((each) => each.name === name);
  if (benchmark === undefined) throw new TypeError(`There is no benchmark "${name}".`);
  if (memory && benchmark.watchMemory === undefined) throw new TypeError(`${name} has no --memory.`);
  if (!memory && values.operations !== undefined) throw new TypeError("--operations goes with --memory.");
  const operations = whole("operations", values.operations ?? (quick ? "20000" : "10000000"));
  return { benchmark, quick, only, json, memoryOperations: memory ? operations : undefined };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`--${option} takes a whole number above 0.`);
  return value;
}
