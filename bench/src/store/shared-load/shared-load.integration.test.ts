import assert from "node:assert/strict";
import { describeWithServers } from "@aside/test-servers/jest";
import { beforeAll, it } from "@jest/globals";
import { runBench } from "../../../fixtures/run-bench.js";

/** These are counts, not timings: they hold on any machine. */
describeWithServers(
  ["memcached", "mariadb"],
  "1,000 concurrent callers of one key in each of 4 processes",
  () => {
    let loads: Map<string, string | undefined>;
    beforeAll(() => {
      const { result } = runBench("store", "--only", "shared load");
      loads = new Map(
        result.results.map(({ name, goals }) => [name.split(",")[0] as string, goals[0]?.seen]),
      );
    }, 120_000);

    it("load it once in all when it is cold", () => {
      assert.equal(loads.get("shared load: loads in all of a cold key"), "1");
    });

    it("load it once in all when its entry ends under load", () => {
      assert.equal(loads.get("shared load: loads in all when an entry ends under load"), "1");
    });

    it("load it at most twice in each process while the cache is down", () => {
      const seen = loads.get("shared load: most loads by one process of a cold key while the cache is down");
      assert.equal(seen === "1" || seen === "2", true, `seen ${seen}`);
    });
  },
);
