/**
 * Runs the unit suites on the other supported lines of Node.js, which npm's package `node` brings:
 * `npm run test:nodes`, or `npm run test:nodes -- 24` for one of them.
 */
import { join } from "node:path";
import { root } from "./root.mjs";
import { runNode } from "./run-node.mjs";

/** Left out is knex: its better-sqlite3 is compiled for the Node.js that installed it. */
const packages = ["core", "decorators", "session", "memcached", "inversify"];
const versions = process.argv.length > 2 ? process.argv.slice(2) : ["22", "24"];

const npm = process.env.npm_execpath;
if (!npm) {
  console.error('aside: start this as "npm run test:nodes".');
  process.exit(1);
}

for (const version of versions) {
  console.log(`aside: unit suites of ${packages.join(", ")} on Node.js ${version}`);
  const jest = [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules", "jest", "bin", "jest.js"),
  ];
  const suites = ["--selectProjects", "unit", "--testPathPatterns", `packages/(${packages.join("|")})/`];
  const code = await runNode([
    npm,
    "exec",
    "--yes",
    "--package",
    `node@${version}`,
    "--",
    "node",
    ...jest,
    ...suites,
  ]);
  if (code !== 0) {
    console.error(`aside: failed on Node.js ${version}`);
    process.exit(code);
  }
}
