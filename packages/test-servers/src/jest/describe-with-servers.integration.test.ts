import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, it } from "@jest/globals";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const suite = "packages/test-servers/src/memcached-server.integration.test.ts";

/** Runs a suite that needs memcached in a Jest of its own, as on a machine without memcached. */
function runWithoutMemcached(env: Record<string, string>) {
  const args = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", suite];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      CI: "",
      ASIDE_REQUIRE_SERVERS: "",
      NO_COLOR: "1",
      ASIDE_HIDE_SERVERS: "memcached",
      ...env,
    },
  });
  return { status, output: stderr };
}

describe("a suite whose server is not installed", () => {
  it("is skipped, and the end of the run says what is missing and how to install it", () => {
    const { status, output } = runWithoutMemcached({});
    assert.equal(status, 0, output);
    assert.match(output, /^SKIPPED, .*\n {2}startMemcached \(\d+ tests\): needs memcached\n/m);
    assert.match(output, /^ {2}sudo apt-get install .* memcached$/m);
  });

  it.each([{ CI: "true" }, { ASIDE_REQUIRE_SERVERS: "1" }])("fails with %j", (env) => {
    const { status, output } = runWithoutMemcached(env);
    assert.equal(status, 1, output);
    assert.match(output, /Not installed: memcached/);
    assert.doesNotMatch(output, /^SKIPPED/m);
  });
});
