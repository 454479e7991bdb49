import { type ConnectedCacheBackend, TieredStore } from "@aside/core";
import { KnexDatabase } from "@aside/knex";
import { MemcachedCache, MemjsCache } from "@aside/memcached";
import createKnex, { type Knex } from "knex";
import { startId } from "../oracle/register.js";
import { briefKeys, pairs, slots, storeNames, tallyKeys, ttlMs } from "../plan/keys.js";
import { storeSettings } from "../plan/settings.js";
import { AnnouncedRows } from "./announced-rows.js";
import { breakCache } from "./broken-caches.js";
import type { Breakage, TransportName } from "./messages.js";
import type { Recorder } from "./recorder.js";
import { type TracingCache, traceCache } from "./tracing-cache.js";

/** The value of a row: which state, and which write made it. */
export interface Mark {
  readonly n: number;
  readonly by: string;
}

/** A row of the application's own table, behind the derived values. */
export interface Part {
  readonly id: string;
  readonly n: number;
  readonly by: string;
}

export const partsTable = "parts";

/** One database, as the parent and the workers open it. */
export function openDatabase(url: string): { readonly knex: Knex; readonly database: KnexDatabase } {
  const knex = createKnex({ client: "mysql2", connection: url, pool: { min: 0, max: 10 } });
  return { knex, database: new KnexDatabase(knex, { unknownCommitMs: 10_000 }) };
}

/** One cache, as the workers open it, and the parent to know which node has which key. */
export function openCache(transport: TransportName, servers: readonly string[]): ConnectedCacheBackend {
  return transport === "memjs" ? new MemjsCache({ servers }) : new MemcachedCache({ servers });
}

/** Creates the tables, and every row in its state 0. */
export async function seedDatabase(url: string): Promise<void> {
  const { knex, database } = openDatabase(url);
  try {
    await database.ensureSchema();
    await knex.schema.createTable(partsTable, (table) => {
      table.string("id", 32).primary();
      table.integer("n").notNullable();
      table.string("by", 64).notNullable();
    });
    const start: Mark = { n: 0, by: startId };
    const tally = database.collection<Mark>(storeNames.tally);
    const brief = database.collection<Mark>(storeNames.brief);
    for (const key of [...tallyKeys, ...slots.map(({ number }) => number)]) await tally.write(key, start);
    for (const key of briefKeys) await brief.write(key, start);
    for (const { parts } of pairs) {
      for (const id of parts) await knex<Part>(partsTable).insert({ id, ...start });
    }
  } finally {
    await database.close();
    await knex.destroy();
  }
}

/** The stores of one worker over the servers that all share. */
export class Stores implements AsyncDisposable {
  readonly database: KnexDatabase;
  readonly tally: TieredStore<Mark>;
  readonly brief: TieredStore<Mark>;
  readonly slots: TieredStore<Mark>;
  readonly pairs: TieredStore<readonly Part[]>;
  readonly #knex: Knex;
  readonly #cache: TracingCache;

  constructor(
    servers: {
      readonly cacheServers: readonly string[];
      readonly transport: TransportName;
      readonly databaseUrl: string;
    },
    recorder: Recorder,
    breakage: Breakage | undefined,
  ) {
    const { knex, database } = openDatabase(servers.databaseUrl);
    const memcached = openCache(servers.transport, servers.cacheServers);
    const cache = traceCache(breakCache(memcached, breakage), recorder);
    this.#knex = knex;
    this.#cache = cache;
    this.database = database;
    const common = { ...storeSettings, cache, observer: recorder.observer };
    const rows = (name: "tally" | "brief" | "slots", announced: boolean): TieredStore<Mark> => {
      const collection = database.collection<Mark>(storeNames[name]);
      const persistence = announced ? new AnnouncedRows(collection, name, recorder) : collection;
      return new TieredStore<Mark>({
        ...common,
        name: storeNames[name],
        persistence,
        ttlMs: ttlMs[name],
      });
    };
    this.tally = rows("tally", true);
    this.brief = rows("brief", true);
    this.slots = rows("slots", false); // a removal has no number of its own to announce
    this.pairs = new TieredStore({
      ...common,
      name: storeNames.pairs,
      transactions: database,
      ttlMs: ttlMs.pairs,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.tally, this.brief, this.slots, this.pairs].map((store) => store.close()));
    await this.#cache.close();
    await this.database.close();
    await this.#knex.destroy();
  }
}
