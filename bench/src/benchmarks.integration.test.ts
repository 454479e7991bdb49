import assert from "node:assert/strict";
import { describeWithServers } from "@aside/test-servers/jest";
import { it } from "@jest/globals";
import { runBench } from "../fixtures/run-bench.js";

describeWithServers(["memcached", "mariadb"], "npm run bench", () => {
  it.each([
    { name: "memcached", cases: 14, rivals: ["memjs", "memcached", "memcache-client"] },
    { name: "store", cases: 24, rivals: ["memjs", "mysql2", "knex"] },
  ])(
    "$name runs to its end, and every contender gives the right answers",
    ({ name, cases, rivals }) => {
      const { stdout, result } = runBench(name, "--quick");
      assert.equal(result.results.length, cases, stdout);
      for (const { rows = [] } of result.results) {
        for (const { perSecond, ratio } of rows)
          assert.equal(perSecond > 0 && ratio.median > 0, true, stdout);
      }
      for (const rival of rivals) assert.match(result.machine.versions[rival] ?? "", /^\d+\.\d+\.\d+$/);
      assert.match(stdout, new RegExp(`^${cases} cases, .* goals reached$`, "m"));
    },
    180_000,
  );

  it("memcached watches memory", () => {
    const { stdout, result } = runBench("memcached", "--quick", "--memory");
    assert.deepEqual(
      result.results.map(({ memory }) => memory?.at(-1)?.operations),
      [20_000, 20_000],
      stdout,
    );
  }, 60_000);
});
