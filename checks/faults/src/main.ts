/**
 * `npm run check:faults`: makes every fault of the matrix against each transport of `@aside/memcached`, and prints what came of it. See
 * README.md.
 */
import { parseArgs } from "node:util";
import { missingDebianPackages } from "@aside/test-servers";
import { Lab } from "./lab.js";
import { matrix } from "./matrix.js";
import { type Finding, play } from "./play.js";
import { table } from "./table.js";
import { transports } from "./transports.js";

const usage = `Usage: npm run check:faults -- [options]
  --quick            shorter faults, and a sample of the bytes of a reply
  --transport NAME   only this one: MemcachedCache or MemjsCache
  --fault TEXT       only faults with this text in their name`;

/** How long a fault lasts: several deadlines, and the pauses between attempts to connect. */
const lastingMs = 1_500;
const quickLastingMs = 350;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      transport: { type: "string", default: "" },
      fault: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  const faults = matrix.filter(({ name }) => name.includes(values.fault));
  const chosen = transports.filter(({ name }) => name.includes(values.transport));
  if (values.help || faults.length === 0 || chosen.length === 0) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const missing = missingDebianPackages(["memcached"]);
  if (missing.length > 0) {
    console.error(`check:faults needs servers that are not installed: apt-get install ${missing.join(" ")}`);
    return 2;
  }
  const findings: Finding[] = [];
  await using lab = await Lab.open();
  const extent = values.quick
    ? { lastingMs: quickLastingMs, thorough: false }
    : { lastingMs, thorough: true };
  for (const fault of faults) {
    for (const transport of chosen) {
      console.error(`${fault.name}, ${transport.name} ...`);
      findings.push(await play({ fault, transport, lab, ...extent }));
    }
  }
  for (const line of table(findings)) console.log(line);
  const broken = findings.filter(({ complaints }) => complaints.length > 0);
  for (const { fault, transport, complaints } of broken) {
    for (const complaint of complaints.slice(0, 5))
      console.log(`BROKEN: ${fault}, ${transport}: ${complaint}`);
  }
  console.log(broken.length === 0 ? "PASSED" : "FAILED");
  return broken.length === 0 ? 0 : 1;
}

process.exitCode = await main();
