import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describeWithServers } from "@aside/test-servers/jest";
import { expect, it } from "@jest/globals";

describeWithServers(["memcached", "mariadb"], "check:conformance", () => {
  it("finds every way in which its simulated backends are broken", async () => {
    const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
    const args = [main, "--prove", "--seed", "1", "--sequences", "100"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000 });
    expect(stdout).not.toContain("NOT FOUND");
    expect(stdout.match(/^found: /gm)).toHaveLength(10);
  }, 120_000);
});
