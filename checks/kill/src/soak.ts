/**
 * `npm run soak`: check:kill for minutes, on three nodes whose network is cut as well, with some workers that are never killed and must not
 * grow. See README.md.
 */
import { parseArgs } from "node:util";
import { missingDebianPackages } from "@aside/test-servers";
import { transportOf, whole } from "./run/command-line.js";
import { operationsOf, report } from "./run/report.js";
import { runCheck } from "./run/run-check.js";
import type { TransportName } from "./worker/messages.js";

const usage = `Usage: npm run soak -- [options]
  --minutes N    how long faults are made, for each transport (10)
  --transport X  "memjs" or "native" (one after the other)
  --seed N       repeats the choices of a run, though not the timing of the machine`;

const workers = 4;
const nodes = 3;
/** Workers that live through the whole run. */
const lasting = 2;
/** What a run must have seen to count. All that goes to the cache passes through the parent, where the network is cut. */
const leastFaultsPerMinute = 60;
const leastOperationsPerMinute = 20_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      transport: { type: "string" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const missing = missingDebianPackages(["memcached", "mariadb"]);
  if (missing.length > 0) {
    console.error(`soak needs servers that are not installed: apt-get install ${missing.join(" ")}`);
    return 2;
  }
  const minutes = whole("minutes", values.minutes, 1);
  const seed = whole("seed", values.seed, 0);
  const transports: readonly TransportName[] =
    values.transport === undefined ? ["memjs", "native"] : [transportOf(values.transport)];
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  try {
    for (const transport of transports) {
      if (!(await soak(transport, minutes, seed, ending.signal))) return 1;
    }
    return 0;
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    console.error("soak was interrupted; everything is stopped.");
    return 130;
  }
}

async function soak(
  transport: TransportName,
  minutes: number,
  seed: number,
  signal: AbortSignal,
): Promise<boolean> {
  console.log(`soak: ${minutes} min, ${transport}, ${nodes} nodes, ${workers} workers, seed ${seed}`);
  const result = await runCheck({
    seconds: minutes * 60,
    workers,
    lasting,
    nodes,
    cuts: true,
    transport,
    seed,
    breakage: undefined,
    historyFolder: undefined,
    signal,
  });
  for (const line of report(result)) console.log(line);
  const { history, verdict } = result;
  const counts =
    history.faults.length >= leastFaultsPerMinute * minutes &&
    operationsOf(history) >= leastOperationsPerMinute * minutes;
  if (!counts) console.log("FAILED: the run does not count, it saw too few faults or operations");
  if (verdict.unexplained.length > 0) console.log("FAILED: the guarantee was broken, or memory grew");
  const passed = counts && verdict.unexplained.length === 0;
  if (passed) console.log("PASSED");
  return passed;
}

process.exitCode = await main();
