import { type CacheBackend, isAsideError, MemoryCache } from "@aside/core";
import { asideModule, cacheToken, closeAside, openAside } from "@aside/inversify";
import { KnexDatabase } from "@aside/knex";
import { MemjsCache, openMemjsCache } from "@aside/memcached";
import { Container } from "inversify";
import type { Knex } from "knex";
import type { CacheConfig } from "../config/cache-url.js";
import type { ShopConfig } from "../config/shop-config.js";
import { createTables } from "../data/schema.js";
import { seedShop } from "../data/seed.js";
import { makeFolderOf, openKnex } from "./open-knex.js";
import { shopModule } from "./shop-module.js";
import { type FileOwner, ownFile } from "./sqlite-owner.js";
import { shopStores } from "./stores.js";
import { DATABASE, STOCK } from "./tokens.js";

/** A shop with open cache and database. */
export interface OpenShop {
  /** Services and stores. */
  readonly container: Container;
  /** Closes stores, cache and database, in this order. */
  close(): Promise<void>;
}

/**
 * Opens cache and database, creates what is missing, and wires the services.
 * @throws {ConfigError} for settings that do not work. What was opened is closed again.
 */
export async function openShop(config: ShopConfig): Promise<OpenShop> {
  const owner = takeFile(config);
  let sql: Knex | undefined;
  const container = new Container();
  const close = async (): Promise<void> => {
    try {
      await closeAside(container);
    } finally {
      await sql?.destroy();
      owner?.release();
    }
  };
  try {
    const opened = await openKnex(config.database);
    sql = opened;
    container.load(
      asideModule({
        cache: () => openCache(config.cache),
        database: () => openDatabase(opened),
        transactions: (database) => database,
        stores: shopStores,
      }),
      shopModule,
    );
    await openAside(container);
    warnOfUnusableCache(container.get(cacheToken));
    await createTables(opened, config.database.kind);
    await seedShop(container.get(DATABASE), container.get(STOCK));
    return { container, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** An SQLite file belongs to one process, unless all that use it share a cache. */
function takeFile({ cache, database }: ShopConfig): FileOwner | undefined {
  if (database.kind !== "sqlite") return undefined;
  makeFolderOf(database.file);
  return ownFile(database.file, cache.kind === "memory");
}

function openCache(config: CacheConfig): CacheBackend {
  // memcached is connected when it is first needed, and may come later or go: the shop runs without.
  return config.kind === "memory" ? new MemoryCache() : openMemjsCache({ servers: config.servers });
}

/** The shop runs without its cache, but whoever mistyped its address would wonder for long. */
function warnOfUnusableCache(cache: CacheBackend): void {
  if (!(cache instanceof MemjsCache)) return;
  for (const partition of cache.partitions) {
    cache.connect(partition).catch((error: unknown) => {
      if (isAsideError(error, "CLOSED")) return;
      const why = isAsideError(error) ? error.message : "it cannot be used";
      console.error(`shop: goes on without this cache until it can be used: ${why}`);
    });
  }
}

async function openDatabase(sql: Knex): Promise<KnexDatabase> {
  const database = new KnexDatabase(sql);
  await database.ensureSchema();
  return database;
}
