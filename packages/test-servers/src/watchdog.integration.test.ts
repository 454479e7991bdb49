import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { it } from "@jest/globals";
import { describeWithServers } from "./jest/describe-with-servers.js";

/** The build, for a process of its own; this file lies in `src`. */
const built = new URL("../dist/index.js", import.meta.url).href;

/** A program that starts all servers, pauses two, tells about them and then waits for its end. */
const program = `
  import { execFileSync } from "node:child_process";
  import { readFileSync } from "node:fs";
  import { join } from "node:path";
  import { startMariaDb, startMemcached, startPostgres } from ${JSON.stringify(built)};
  const servers = await Promise.all([startMemcached(), startMariaDb(), startPostgres()]);
  await Promise.all([servers[0].pause(), servers[2].pause()]);
  const folder = servers[1].args.find((arg) => arg.startsWith("--tmpdir=")).slice("--tmpdir=".length);
  const data = servers[2].args[1];
  const children = execFileSync("pgrep", ["-P", String(servers[2].pid)], { encoding: "utf8" }).trim().split("\\n").map(Number);
  const segment = readFileSync(join(data, "postmaster.pid"), "utf8").split("\\n")[6].trim().split(/ +/)[1];
  const pids = [...servers.map((server) => server.pid), ...children];
  console.log(JSON.stringify({ pids, folders: [folder, join(folder, "data"), data, join(data, "..")], segment }));
  setInterval(() => {}, 1000);
`;

/** A process that ended but that nobody has collected yet (state Z) is as good as gone. */
function isAlive(pid: number): boolean {
  const { status, stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return status === 0 && !stdout.trimStart().startsWith("Z");
}

interface Owned {
  readonly pids: readonly number[];
  readonly folders: readonly string[];
  /** The id of PostgreSQL's shared memory. */
  readonly segment: string;
}

/** What of it is still there. */
function left({ pids, folders, segment }: Owned): unknown[] {
  const segments = spawnSync("ipcs", ["-m"], { encoding: "utf8" }).stdout;
  const shared = new RegExp(`\\b${segment}\\b`).test(segments) ? [`segment ${segment}`] : [];
  return [...pids.filter(isAlive), ...folders.filter(existsSync), ...shared];
}

describeWithServers(["memcached", "mariadb", "postgres"], "servers whose owner dies", () => {
  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("go away with it after %s", async (signal) => {
    const owner = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(owner.stdout, "data")) as [Buffer];
    const owned = JSON.parse(line.toString()) as Owned;
    assert.ok(owned.pids.length > 5, "PostgreSQL has children");
    assert.equal(left(owned).length, owned.pids.length + owned.folders.length + 1);
    owner.kill(signal);
    await once(owner, "exit");
    for (let tries = 0; tries < 200 && left(owned).length > 0; tries++) await sleep(20);
    assert.deepEqual(left(owned), []);
  });
});
