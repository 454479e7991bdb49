import { type CacheBackend, TieredStore } from "@aside/core";
import { type MemcachedServer, startMemcached } from "@aside/test-servers";
import { asideCaches } from "../contenders/aside-caches.js";
import type { Bench } from "../harness/bench.js";
import type { Case } from "../harness/case.js";
import { p99AtMost, p99Within } from "../harness/goal.js";
import { callerCounts, callersOf } from "./callers.js";
import { type Item, keyOf } from "./item.js";
import { reading } from "./reading.js";
import type { Shop } from "./shop.js";

const rival = "the collection";
const hotId = 7;

/** Connections are refused; or they stand, and nothing answers. */
const faults = {
  killed: (memcached: MemcachedServer) => memcached.kill(),
  stopped: (memcached: MemcachedServer) => memcached.pause(),
};
type Fault = keyof typeof faults;

const distinctCase = (fault: Fault, callers: number): string =>
  `cache ${fault}, distinct keys, ${callersOf(callers)}`;
const hotCase = (fault: Fault, callers: number): string =>
  `cache ${fault}, one hot key, ${callersOf(callers)}`;
const casesOf = (fault: Fault): readonly string[] =>
  callerCounts.flatMap((callers) => [distinctCase(fault, callers), hotCase(fault, callers)]);
export const cacheDownCases: readonly string[] = [...casesOf("killed"), ...casesOf("stopped")];

interface OpenStore {
  readonly name: string;
  readonly cache: CacheBackend;
  readonly store: TieredStore<Item>;
}

/** What a read costs while the cache is gone, after the breaker opened: against the same reads without a cache. */
export async function compareCacheDown(bench: Bench, shop: Shop): Promise<void> {
  for (const fault of ["killed", "stopped"] as const) {
    if (!bench.wants(...casesOf(fault))) continue;
    await using memcached = await startMemcached();
    const stores = openStores(shop, memcached.address);
    try {
      await Promise.all(stores.map(({ store }) => store.get(keyOf(hotId))));
      await faults[fault](memcached);
      await Promise.all(stores.map(({ store }) => untilBreakerOpen(store)));
      for (const callers of callerCounts) {
        await bench.compare(distinctReads(shop, stores, fault, callers));
        await bench.compare(hotReads(shop, stores, fault, callers));
      }
    } finally {
      for (const { store, cache } of stores) {
        await store.close();
        await cache.close();
      }
    }
  }
}

function openStores(shop: Shop, address: string): OpenStore[] {
  return asideCaches.map(({ name, open }) => {
    const cache = open(address);
    const store = new TieredStore<Item>({ name: `down-${name}`, cache, persistence: shop.items });
    return { name: `TieredStore on ${name}`, cache, store };
  });
}

function distinctReads(shop: Shop, stores: readonly OpenStore[], fault: Fault, callers: number): Case {
  return {
    name: distinctCase(fault, callers),
    callers,
    latency: true,
    subjects: subjectsOf(shop, stores, (index) => shop.idOf(index)),
    goals: stores.map(({ name }) => p99Within(name, 1, rival)),
  };
}

function hotReads(shop: Shop, stores: readonly OpenStore[], fault: Fault, callers: number): Case {
  return {
    name: hotCase(fault, callers),
    callers,
    latency: true,
    subjects: subjectsOf(shop, stores, () => hotId),
    goals: stores.map(({ name }) => p99AtMost(name, 2, rival)),
  };
}

function subjectsOf(shop: Shop, stores: readonly OpenStore[], idOf: (index: number) => number) {
  return [
    reading(rival, idOf, (id) => shop.readByCollection(id)),
    ...stores.map(({ name, store }) => reading(name, idOf, (id) => store.get(keyOf(id)))),
  ];
}

/** Reads until no read waits for the cache any more. */
async function untilBreakerOpen(store: TieredStore<Item>): Promise<void> {
  const quickReads = 20;
  const quickMs = 100;
  for (let seen = 0, tries = 0; seen < quickReads; tries++) {
    if (tries === 1_000) throw new Error("The breaker does not open.");
    const beganMs = performance.now();
    await store.get(keyOf(tries));
    seen = performance.now() - beganMs < quickMs ? seen + 1 : 0;
  }
}
