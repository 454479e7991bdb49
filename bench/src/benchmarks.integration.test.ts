import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterEach, beforeEach, it } from "@jest/globals";

/** The build: this file lies in `src`. */
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

interface Result {
  readonly machine: { readonly versions: Record<string, string> };
  readonly results: { readonly name: string; readonly rows?: { readonly perSecond: number }[] }[];
}

describeWithServers(["memcached"], "npm run bench", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aside-bench-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: string[]) {
    const file = join(folder, "result.json");
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, "--json", file], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    return { stdout, result: JSON.parse(readFileSync(file, "utf8")) as Result };
  }

  it("compares the clients of memcached, each of which gives the right answers", () => {
    const { stdout, result } = run("memcached", "--quick");
    assert.deepEqual(new Set(result.results.map(({ rows }) => rows?.length)), new Set([4]));
    assert.equal(result.results.length, 20);
    for (const { rows = [] } of result.results) for (const row of rows) assert.equal(row.perSecond > 0, true);
    assert.equal(result.machine.versions["memjs"], "1.3.2");
    assert.match(stdout, /^20 cases, .* goals reached$/m);
  }, 120_000);

  it("watches memory", () => {
    const { stdout } = run("memcached", "--quick", "--memory");
    assert.match(stdout, /^ {2}20,000 /m);
  }, 60_000);
});
