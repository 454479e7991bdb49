import { KnexDatabase } from "@aside/knex";
import { type MariaDbServer, startMemcached } from "@aside/test-servers";
import type { Knex } from "knex";
import type { Bench } from "../../harness/bench.js";
import { openKnex } from "../open-knex.js";
import { CallerProcess } from "./caller-process.js";
import { createLoadsTable, loadsOf } from "./loads-table.js";
import type { Order } from "./messages.js";

const processes = 4;
/** Enough for an order to reach every process. */
const leadMs = 200;
const expiringTtlMs = 1_000;
const askingMs = 2_500;

const cases = {
  cold: "shared load: loads in all of a cold key",
  expiring: "shared load: loads in all when an entry ends under load",
  down: "shared load: most loads by one process of a cold key while the cache is down",
};

/** Counts how often the database is asked when many callers in each of four processes want one key. */
export async function countSharedLoads(bench: Bench, mariadb: MariaDbServer): Promise<void> {
  if (!bench.wants(...Object.values(cases))) return;
  const callers = 1_000;
  const nameOf = (what: keyof typeof cases): string =>
    `${cases[what]}, ${processes} processes with ${callers.toLocaleString("en")} callers each`;
  await using memcached = await startMemcached();
  const databaseUrl = await mariadb.createDatabase("shared_load");
  const knex = openKnex(databaseUrl, 1);
  const crowd = Array.from(
    { length: processes },
    () => new CallerProcess({ cacheAddress: memcached.address, databaseUrl, callers }),
  );
  try {
    await prepare(knex);
    await askAll(crowd, { type: "trust-cache" });

    await askAll(crowd, { type: "ask-once", key: "cold", atMs: Date.now() + leadMs });
    bench.count(nameOf("cold"), (await loadsOf(knex, "cold")).all, { least: 1, most: 1 });

    const untilMs = Date.now() + askingMs;
    await askAll(crowd, { type: "keep-asking", key: "expiring", untilMs, firstTtlMs: expiringTtlMs });
    const again = (await loadsOf(knex, "expiring")).all - 1;
    bench.count(nameOf("expiring"), again, { least: 1, most: 1 });

    await memcached.kill();
    await askAll(crowd, { type: "ask-once", key: "down", atMs: Date.now() + leadMs });
    bench.count(nameOf("down"), (await loadsOf(knex, "down")).mostByOne, { least: 1, most: 2 });
  } finally {
    for (const each of crowd) await each[Symbol.asyncDispose]();
    await knex.destroy();
  }
}

async function prepare(knex: Knex): Promise<void> {
  await using database = new KnexDatabase(knex);
  await database.ensureSchema();
  await createLoadsTable(knex);
}

/** @throws {Error} when a caller got no value. */
async function askAll(crowd: readonly CallerProcess[], order: Order): Promise<void> {
  const replies = await Promise.all(crowd.map((each) => each.ask(order)));
  if (replies.some(({ seen }) => seen.includes(0))) throw new Error(`${order.type}: a caller got no value`);
}
