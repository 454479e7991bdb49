import { TieredStore } from "@aside/core";
import memjs from "memjs";
import { asideCaches } from "../contenders/aside-caches.js";
import type { Bench } from "../harness/bench.js";
import { atLeast, type Goal } from "../harness/goal.js";
import { callerCounts, callersOf } from "./callers.js";
import { type Item, itemOf, keyOf } from "./item.js";
import { reading, readingMany } from "./reading.js";
import type { Shop } from "./shop.js";

const rival = "memjs + JSON.parse";
const warmed = 1_000;
const batch = 100;
const hourMs = 3_600_000;
/** No deadline of the cache passes: a read that went to the database would not be a hit. */
const patienceMs = 30_000;

const hitCase = (callers: number): string => `hit, ${callersOf(callers)}`;
const batchCase = (callers: number): string => `hit, ${batch} keys, ${callersOf(callers)}`;
export const hitCases: readonly string[] = callerCounts.flatMap((callers) => [
  hitCase(callers),
  batchCase(callers),
]);

/** A hit through the store, and by hand. */
export async function compareHits(bench: Bench, shop: Shop, address: string): Promise<void> {
  if (!bench.wants(...hitCases)) return;
  const ids = Array.from({ length: bench.quick ? 200 : warmed }, (_, id) => id);
  const idOf = (index: number): number => (index * 7919) % ids.length;
  const idsOf = (index: number): number[] =>
    Array.from({ length: batch }, (_, nth) => idOf(index * batch + nth));

  const client = memjs.Client.create(address, { timeout: patienceMs / 1000, retries: 1 });
  for (const id of ids) await client.set(keyOf(id), JSON.stringify(itemOf(id)), {});
  const byHand = async (id: number): Promise<Item | undefined> => {
    const { value } = await client.get(keyOf(id));
    return value === null ? undefined : (JSON.parse(value.toString()) as Item);
  };
  const manyByHand = async (wanted: readonly number[]): Promise<(id: number) => Item | undefined> => {
    const answers = await Promise.all(wanted.map(byHand));
    return (id) => answers[wanted.indexOf(id)];
  };

  const stores = await openStores(shop, address, ids);
  try {
    for (const callers of callerCounts) {
      await bench.compare({
        name: hitCase(callers),
        callers,
        subjects: [
          reading(rival, idOf, byHand),
          ...stores.map(({ name, store }) => reading(name, idOf, (id) => store.get(keyOf(id)))),
        ],
        goals: stores.flatMap(({ name }) => goalsOfHits(name, callers)),
      });
    }
    for (const callers of callerCounts) {
      await bench.compare({
        name: batchCase(callers),
        callers,
        subjects: [
          readingMany(rival, idsOf, manyByHand),
          ...stores.map(({ name, store }) =>
            readingMany(name, idsOf, async (wanted) => {
              const answer = await store.getMany(wanted.map(keyOf));
              return (id) => answer.get(keyOf(id));
            }),
          ),
        ],
        goals: stores.map(({ name }) => atLeast(name, 3, rival)),
      });
    }
  } finally {
    for (const { store, cache } of stores) {
      await store.close();
      await cache.close();
    }
    client.close();
  }
}

/** Stores whose cache holds the items and whose collection is empty, so that what does not come from the cache is a wrong answer. */
async function openStores(shop: Shop, address: string, ids: readonly number[]) {
  const items = new Map(ids.map((id) => [keyOf(id), itemOf(id)]));
  const stores = asideCaches.map(({ name, open }) => {
    const cache = open(address);
    const store = new TieredStore<Item>({
      name: `hits-${name}`,
      cache,
      persistence: shop.nothing,
      ttlMs: hourMs,
      cacheTimeoutMs: patienceMs,
    });
    return { name: `TieredStore on ${name}`, store, cache };
  });
  for (const { store } of stores) {
    await store.loadMany([...items.keys()], async () => items);
    await untilCached(store, [...items.keys()]);
  }
  return stores;
}

/** Fills run behind the call that loaded. */
async function untilCached(store: TieredStore<Item>, keys: readonly string[]): Promise<void> {
  let loaded: number;
  do {
    loaded = 0;
    await store.loadMany(keys, async (missing) => {
      loaded = missing.length;
      return new Map(missing.map((key) => [key, itemOf(Number(key.slice(-6)))]));
    });
  } while (loaded > 0);
}

function goalsOfHits(name: string, callers: number): Goal[] {
  if (callers === 1) return [atLeast(name, 0.95, rival)];
  return callers === 64 ? [atLeast(name, 2, rival)] : [];
}
