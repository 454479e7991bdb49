import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { it } from "@jest/globals";
import { describeWithServers } from "./jest/describe-with-servers.js";

/** The build, for a process of its own; this file lies in `src`. */
const built = new URL("../dist/index.js", import.meta.url).href;

/** A program that starts both servers, pauses one, tells about them and then waits for its end. */
const program = `
  import { startMariaDb, startMemcached } from ${JSON.stringify(built)};
  const servers = await Promise.all([startMemcached(), startMariaDb()]);
  await servers[0].pause();
  const folder = servers[1].args.find((arg) => arg.startsWith("--tmpdir=")).slice("--tmpdir=".length);
  console.log(JSON.stringify({ pids: servers.map((server) => server.pid), folder }));
  setInterval(() => {}, 1000);
`;

/** A process that ended but that nobody has collected yet (state Z) is as good as gone. */
function isAlive(pid: number): boolean {
  const { status, stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return status === 0 && !stdout.trimStart().startsWith("Z");
}

describeWithServers(["memcached", "mariadb"], "servers whose owner dies", () => {
  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("go away with it after %s", async (signal) => {
    const owner = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(owner.stdout, "data")) as [Buffer];
    const { pids, folder } = JSON.parse(line.toString()) as { pids: number[]; folder: string };
    const left = () => [...pids.filter(isAlive), ...[join(folder, "data"), folder].filter(existsSync)];
    assert.equal(left().length, 4);
    owner.kill(signal);
    await once(owner, "exit");
    for (let tries = 0; tries < 200 && left().length > 0; tries++) await sleep(20);
    assert.deepEqual(left(), []);
  });
});
