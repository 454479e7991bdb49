/**
 * From a bare clone to a running target with nothing but Node.js and npm: `node scripts/bootstrap.mjs TARGET ...`.
 * Install and build are skipped while they are still valid; each step says in a line what it does and why.
 */
import { build } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { runNode } from "./run-node.mjs";

/** What each target hands to `node` once all is installed and built; nothing: it ends with the build. */
const targets = new Map([
  ["build", undefined],
  ["start", ["examples/shop/dist/main.js"]],
  [
    "test",
    ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", "node_modules/jest/bin/jest.js"],
  ],
  ["check:conformance", ["checks/conformance/dist/main.js"]],
  ["check:kill", ["checks/kill/dist/main.js"]],
  ["check:faults", ["checks/faults/dist/main.js"]],
  ["check:model", ["checks/model/dist/main.js"]],
  // The history of every process is judged as a whole, in memory.
  ["soak", ["--max-old-space-size=8192", "checks/kill/dist/soak.js"]],
  ["simulate", ["checks/simulation/dist/main.js"]],
  ["bench", ["bench/dist/main.js"]],
]);

async function main([target, ...extra]) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`aside: Node.js 20.19 or newer is needed; this is ${process.version}.`);
    return 1;
  }
  if (!targets.has(target)) {
    console.error(`aside: no target "${target}"; there are: ${[...targets.keys()].join(", ")}.`);
    return 2;
  }
  const notInstalled = await ensureInstalled();
  if (notInstalled) return notInstalled;
  const failed = await build();
  if (failed) return failed;
  const command = targets.get(target);
  return command ? await runNode([...command, ...extra]) : 0;
}

process.exitCode = await main(process.argv.slice(2));
