import { type KnexCollection, KnexDatabase } from "@aside/knex";
import type { MariaDbServer } from "@aside/test-servers";
import type { Knex } from "knex";
import { createPool, type Pool } from "mysql2/promise";
import { type Item, itemOf, keyOf } from "./item.js";
import { openKnex } from "./open-knex.js";

/** For everybody the same number of connections. */
const connections = 10;
const rowsInOneInsert = 250;

/** The rows that are read: once in Aside's collection, and once in a plain table for those who read it without Aside. */
export class Shop implements AsyncDisposable {
  readonly items: KnexCollection<Item>;
  /** A collection without rows. */
  readonly nothing: KnexCollection<Item>;
  readonly rows: number;
  readonly #knex: Knex;
  readonly #pool: Pool;
  readonly #database: KnexDatabase;

  private constructor(url: string, rows: number) {
    this.rows = rows;
    this.#knex = openKnex(url, connections);
    this.#pool = createPool({ uri: url, connectionLimit: connections });
    this.#database = new KnexDatabase(this.#knex);
    this.items = this.#database.collection("items");
    this.nothing = this.#database.collection("nothing");
  }

  static async open(mariadb: MariaDbServer, rows: number): Promise<Shop> {
    const shop = new Shop(await mariadb.createDatabase("shop"), rows);
    try {
      await shop.#fill();
      return shop;
    } catch (error) {
      await shop[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The id that an operation reads, in a fixed order that is not that of the rows; no id twice in `rows` operations. */
  idOf(index: number): number {
    return (index * 7919) % this.rows;
  }

  /** As an application would read the plain table with mysql2. */
  async readByMysql2(id: number): Promise<Item | undefined> {
    const [rows] = await this.#pool.query("SELECT data FROM plain_items WHERE item_key = ?", [keyOf(id)]);
    return parsed((rows as { data: string }[])[0]);
  }

  /** The same with Knex's builder. */
  async readByKnex(id: number): Promise<Item | undefined> {
    return parsed(
      await this.#knex("plain_items")
        .select("data")
        .where({ item_key: keyOf(id) })
        .first(),
    );
  }

  /** The same through Aside's collection, which is what a store does on a miss; every call by itself. */
  async readByCollection(id: number): Promise<Item | undefined> {
    const key = keyOf(id);
    return (await this.items.readMany([key])).get(key)?.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
    await this.#pool.end();
    await this.#knex.destroy();
  }

  async #fill(): Promise<void> {
    await this.#database.ensureSchema();
    await this.#knex.schema.createTable("plain_items", (columns) => {
      columns.string("item_key", 64).primary();
      columns.text("data").notNullable();
    });
    for (let from = 0; from < this.rows; from += rowsInOneInsert) {
      const ids = Array.from({ length: Math.min(rowsInOneInsert, this.rows - from) }, (_, nth) => from + nth);
      await this.#knex("plain_items").insert(
        ids.map((id) => ({ item_key: keyOf(id), data: JSON.stringify(itemOf(id)) })),
      );
      await this.#database.run(async () => {
        for (const id of ids) await this.items.write(keyOf(id), itemOf(id));
      });
    }
  }
}

function parsed(row: { readonly data: string } | undefined): Item | undefined {
  return row && (JSON.parse(row.data) as Item);
}
