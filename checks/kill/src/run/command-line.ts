import { parseArgs } from "node:util";
import type { Breakage, TransportName } from "../worker/messages.js";

export interface Command {
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
  readonly breakage: Breakage | undefined;
  /** How many memcacheds share the keys. */
  readonly nodes: number;
  /** Whether the network to them is cut at times, too. */
  readonly cuts: boolean;
  readonly transport: TransportName;
  /** Where the history of the run is left. Absent: it goes with the run. */
  readonly historyFolder: string | undefined;
  /** Runs the variants that must fail, and succeeds if they do. */
  readonly prove: boolean;
}

export const usage = `Usage: npm run check:kill -- [options]
  --seconds N   how long faults are made (60; 12 with --break or --prove)
  --workers N   how many processes share the servers (4)
  --nodes N     how many memcacheds share the keys (1)
  --transport X "memjs": MemjsCache (default); "native": MemcachedCache
  --cuts        cut the network to memcached at times, too
  --seed N      repeats the choices of a run, though not the timing of the machine
  --break WHAT  switch a guard off: "holds" or "tokens"; succeeds if stale reads are found
  --prove       both of these, one after the other
  --history DIR leave what the workers recorded in this folder, one file for each`;

/**
 * @returns `undefined` when only help is asked for.
 * @throws {TypeError} that says what is wrong.
 */
export function parseCommand(args: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      workers: { type: "string", default: "4" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
      nodes: { type: "string", default: "1" },
      transport: { type: "string", default: "memjs" },
      cuts: { type: "boolean", default: false },
      break: { type: "string" },
      history: { type: "string" },
      prove: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const breakage = values.break;
  if (breakage !== undefined && breakage !== "holds" && breakage !== "tokens") {
    throw new TypeError('--break takes "holds" or "tokens".');
  }
  return {
    seconds: whole("seconds", values.seconds ?? (breakage !== undefined || values.prove ? "12" : "60"), 1),
    workers: whole("workers", values.workers, 3),
    seed: whole("seed", values.seed, 0),
    breakage,
    nodes: whole("nodes", values.nodes, 1),
    cuts: values.cuts,
    transport: transportOf(values.transport),
    historyFolder: values.history,
    prove: values.prove,
  };
}

export function transportOf(name: string): TransportName {
  if (name !== "memjs" && name !== "native") throw new TypeError('--transport takes "memjs" or "native".');
  return name;
}

export function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new TypeError(`--${option} takes a whole number of at least ${least}.`);
  }
  return value;
}
