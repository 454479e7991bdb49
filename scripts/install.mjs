import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { runNode } from "./run-node.mjs";

const lockFile = join(root, "package-lock.json");
/** npm's own record of what it put into `node_modules`; it writes it last, so an interrupted install has none. */
const installedLockFile = join(root, "node_modules", ".package-lock.json");
const stampFile = join(root, "node_modules", ".aside-installed");

/** Compiled packages fit one platform and one binary interface of Node.js only. */
const machine = `${process.platform} ${process.arch} ${process.versions.modules}`;

/** Runs `npm ci` unless `node_modules` holds what this lock names, for this platform and Node.js. */
export async function ensureInstalled() {
  const lock = readFileSync(lockFile);
  const wanted = `${machine} ${createHash("sha256").update(lock).digest("hex")}`;
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (stamp === wanted) return 0;

  const otherMachine = stamp !== "" && !stamp.startsWith(`${machine} `);
  if (!otherMachine && holdsAllOf(JSON.parse(lock.toString()))) {
    writeFileSync(stampFile, wanted); // somebody ran `npm install` or `npm ci` by hand
    return 0;
  }

  console.log(`aside: installing packages (npm ci): ${reasonFor(stamp, otherMachine)}`);
  const npm = process.env.npm_execpath;
  if (!npm) {
    console.error('aside: packages are installed through npm; start this as "npm start" or "npm test".');
    return 1;
  }
  // better-sqlite3 is compiled where its prebuilt file cannot be downloaded: let it use every core.
  const env = { JOBS: "max", ...process.env };
  const code = await runNode([npm, "ci", "--no-audit", "--no-fund"], { env });
  if (code === 0) writeFileSync(stampFile, wanted);
  else console.error("aside: npm ci failed; its own message is above.");
  return code;
}

function reasonFor(stamp, otherMachine) {
  if (otherMachine) return `they were installed for ${stamp.split(" ", 3).join(" ")}, this is ${machine}`;
  if (stamp) return "package-lock.json changed since the last install";
  return "this checkout has no finished install; the first one takes a minute or two";
}

/** Whether `node_modules` was filled, by whomever, with every package of the lock in its version. */
function holdsAllOf(lock) {
  if (!existsSync(installedLockFile)) return false;
  const installed = JSON.parse(readFileSync(installedLockFile, "utf8")).packages;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "" || !path.includes("node_modules")) return true; // the workspaces themselves
    const found = installed[path];
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional;
  });
}
