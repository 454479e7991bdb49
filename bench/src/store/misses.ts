import { TieredStore } from "@aside/core";
import { type AsideCache, asideCaches } from "../contenders/aside-caches.js";
import type { Bench } from "../harness/bench.js";
import type { Subject } from "../harness/subject.js";
import { callerCounts, callersOf } from "./callers.js";
import { type Item, keyOf } from "./item.js";
import { reading } from "./reading.js";
import type { Shop } from "./shop.js";

const missCase = (callers: number): string => `miss, ${callersOf(callers)}`;
export const missCases: readonly string[] = callerCounts.map(missCase);

/** A miss through the store, with its lease and its fill, and the same row read without a cache. */
export async function compareMisses(bench: Bench, shop: Shop, address: string): Promise<void> {
  const idOf = (index: number): number => shop.idOf(index);
  const stores = asideCaches.map((cache) => new ColdStores(cache, shop, address));
  try {
    for (const callers of callerCounts) {
      await bench.compare({
        name: missCase(callers),
        callers,
        subjects: [
          reading("mysql2", idOf, (id) => shop.readByMysql2(id)),
          reading("Knex", idOf, (id) => shop.readByKnex(id)),
          ...stores.map((each) => each.subject),
        ],
      });
    }
  } finally {
    for (const each of stores) await each.close();
  }
}

/** A store for each round, since names are part of the keys in the cache: so all is cold again. */
class ColdStores {
  readonly subject: Subject<Item | undefined>;
  readonly #shop: Shop;
  readonly #cache: ReturnType<AsideCache["open"]>;
  readonly #name: string;
  #store: TieredStore<Item>;
  #rounds = 0;

  constructor({ name, open }: AsideCache, shop: Shop, address: string) {
    this.#shop = shop;
    this.#name = name;
    this.#cache = open(address);
    this.#store = this.#open();
    const idOf = (index: number): number => {
      if (index >= shop.rows) throw new Error(`all ${shop.rows} rows were read: the next would be a hit`);
      return shop.idOf(index);
    };
    this.subject = {
      ...reading(`TieredStore on ${name}`, idOf, (id) => this.#store.get(keyOf(id))),
      beforeRound: () => this.#renew(),
    };
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#cache.close();
  }

  #open(): TieredStore<Item> {
    this.#rounds += 1;
    const name = `misses-${this.#name}-${this.#rounds}`;
    return new TieredStore<Item>({ name, cache: this.#cache, persistence: this.#shop.items });
  }

  async #renew(): Promise<void> {
    const before = this.#store;
    this.#store = this.#open();
    await this.#store.get("no such item"); // connects, and cleans the node
    await before.close();
  }
}
