import { startMariaDb, startMemcached } from "@aside/test-servers";
import type { Benchmark } from "../harness/benchmark.js";
import { cacheDownCases, compareCacheDown } from "./cache-down.js";
import { compareHits, hitCases } from "./hits.js";
import { compareMisses, missCases } from "./misses.js";
import { countSharedLoads } from "./shared-load/shared-load.js";
import { Shop } from "./shop.js";

export const storeBenchmark: Benchmark = {
  name: "store",
  about:
    "TieredStore on memcached and MariaDB: hits, misses, reads while the cache is down, loads shared by processes",
  servers: ["memcached", "mariadb"],
  packages: ["@aside/core", "@aside/memcached", "@aside/knex", "memjs", "mysql2", "knex"],

  async run(bench) {
    await using mariadb = await startMariaDb();
    await countSharedLoads(bench, mariadb);
    if (!bench.wants(...hitCases, ...missCases, ...cacheDownCases)) return;
    await using shop = await Shop.open(mariadb, bench.quick ? 1_000 : 10_000);
    await using memcached = await startMemcached({ memoryMb: 512 });
    await compareHits(bench, shop, memcached.address);
    await compareMisses(bench, shop, memcached.address);
    await compareCacheDown(bench, shop);
  },
};
