import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { entryKind, kindOf, leaseBytes } from "../entry/entry-kind.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import { ConnectedMemoryCache } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { RelocatingMemoryCache } from "../testing/relocating-memory-cache.js";
import type { TieredStoreOptions } from "./store-options.js";
import { TieredStore } from "./tiered-store.js";

interface Setting {
  readonly clock: ManualClock;
  readonly transactions: MemoryTransactions;
  readonly old: ConnectedMemoryCache;
  readonly young: ConnectedMemoryCache;
  /** Reads at the old node. */
  readonly early: TieredStore<number>;
  /** Reads at the young node. */
  readonly late: TieredStore<number>;
  /** Keys in the invalidation log. */
  logged(): Promise<readonly string[]>;
}

const open: TieredStore<number>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

function start(options: Partial<TieredStoreOptions<number>> = {}): Setting {
  const clock = new ManualClock();
  const transactions = new MemoryTransactions({ clock, log: true });
  const persistence = new MemoryPersistence<number>({ clock, transactions });
  const old = new ConnectedMemoryCache(clock);
  const young = new ConnectedMemoryCache(clock);
  const storeOn = (here: ConnectedMemoryCache, there: ConnectedMemoryCache): TieredStore<number> => {
    const cache = new RelocatingMemoryCache(here, there);
    const store = new TieredStore<number>({
      name: "counts",
      cache,
      persistence,
      clock,
      ttlJitter: 0,
      ...options,
    });
    open.push(store);
    return store;
  };
  return {
    clock,
    transactions,
    old,
    young,
    early: storeOn(old, young),
    late: storeOn(young, old),
    logged: async () => ((await transactions.log?.read("memory", 100)) ?? []).map(({ key }) => key),
  };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

async function kindAt(node: ConnectedMemoryCache, key: string): Promise<string> {
  const entry = (await node.getMany([key])).get(key);
  return entry === undefined ? "nothing" : kindOf(entry.bytes);
}

describe("a key that moves from one node to another", () => {
  it("is filled and read at the place of the reader alone", async () => {
    const { early, old, young } = start();
    await early.set("k", 1);
    await early.get("k");
    await settle();
    expect(await kindAt(old, "counts:k")).toBe("value");
    expect(await kindAt(young, "counts:k")).toBe("nothing");
    expect(young.calls.add).toBe(0);
  });

  it("is held at both places before the commit, and released at both after it", async () => {
    const { early, old, young, transactions, logged } = start();
    await transactions.run(async () => {
      await early.set("k", 1);
      transactions.current()?.participant({}, () => ({
        async beforeCommit() {
          expect(await kindAt(old, "counts:k")).toBe("hold");
          expect(await kindAt(young, "counts:k")).toBe("hold");
        },
        async afterEnd() {},
      }));
    });
    expect(await kindAt(old, "counts:k")).toBe("nothing");
    expect(await kindAt(young, "counts:k")).toBe("nothing");
    expect(await logged()).toEqual([]);
  });

  it("is never read stale by those who read at the other place", async () => {
    const { early, late } = start();
    await early.set("k", 1);
    for (let count = 2; count < 6; count += 1) {
      for (const reader of [early, late]) expect(await reader.get("k")).toBe(count - 1);
      await settle();
      for (const reader of [early, late]) expect(await reader.get("k")).toBe(count - 1);
      await (count % 2 === 0 ? early : late).set("k", count);
    }
  });

  it("loses the lease of a reader at the other place, which was taken while the hold there was lost", async () => {
    const { early, young, transactions } = start();
    await early.set("k", 1);
    let lease: Awaited<ReturnType<typeof young.add>>;
    await transactions.run(async () => {
      await early.set("k", 2);
      transactions.current()?.participant({}, () => ({
        async beforeCommit() {
          const hold = (await young.getMany(["counts:k"])).get("counts:k");
          await young.delete("counts:k", hold?.token ?? { connection: 0 });
          lease = await young.add("counts:k", leaseBytes, 60_000);
        },
        async afterEnd() {},
      }));
    });
    expect(lease).toBeDefined();
    const stale = Uint8Array.of(entryKind.value, 1);
    expect(lease && (await young.compareAndSet("counts:k", stale, 60_000, lease))).toBeUndefined();
  });

  it.each(["old", "young"] as const)(
    "is logged when its hold at the %s node is not confirmed",
    async (node) => {
      const setting = start();
      const { early, logged, clock } = setting;
      await early.set("k", 1);
      setting[node].cut();
      await early.set("k", 2);
      expect(await logged()).toEqual(["counts:k"]);
      setting[node].restore();
      await clock.advance(20_000);
      expect(await logged()).toEqual([]);
    },
  );

  it("keeps its row in the log while one of its places cannot be reached, and the other is believed all the same", async () => {
    const { early, young, clock, logged, old } = start();
    await early.set("k", 1);
    young.cut();
    await early.set("k", 2);
    old.restart();
    await clock.advance(20_000);
    expect(await logged()).toEqual(["counts:k"]);
    const { getMany } = old.calls;
    expect(await early.get("k")).toBe(2);
    await settle();
    expect(old.calls.getMany).toBeGreaterThan(getMany);
    expect(await kindAt(old, "counts:k")).toBe("value");
  });

  it("refuses a write whose hold at the other place is not confirmed, where the store is set so", async () => {
    const { early, young } = start({ whenCacheUnreachable: "reject" });
    await early.set("k", 1);
    young.cut();
    await expect(early.set("k", 2)).rejects.toMatchObject({ code: "CACHE_UNAVAILABLE" });
    expect(await early.get("k")).toBe(1);
  });

  it("is alive at both places after it was touched at one", async () => {
    const { clock, early, late } = start();
    const leadMs = 3_600_000;
    await early.set("k", 1, { ttlMs: 1_000 });
    await early.get("k");
    await settle();
    await early.touch("k", clock.nowMs() + 2_000, { leadMs });
    await late.get("k");
    await settle();
    expect(await late.touch("k", clock.nowMs() + 5_000, { leadMs })).toBe(true);
    await clock.advance(3_000);
    expect(await early.get("k")).toBe(1);
  });

  it("is invalidated at both places", async () => {
    const { early, late, old, young } = start();
    await early.set("k", 1);
    await Promise.all([early.get("k"), late.get("k")]);
    await settle();
    await early.invalidate("k");
    expect(await kindAt(old, "counts:k")).toBe("nothing");
    expect(await kindAt(young, "counts:k")).toBe("nothing");
  });

  it("has its holds renewed at both places while the commit takes long", async () => {
    const { early, old, young, transactions, clock } = start({ hold: { ttlMs: 3_000 } });
    await transactions.run(async () => {
      await early.set("k", 1);
      transactions.current()?.participant({}, () => ({
        async beforeCommit() {
          await clock.advance(10_000);
          expect(await kindAt(old, "counts:k")).toBe("hold");
          expect(await kindAt(young, "counts:k")).toBe("hold");
        },
        async afterEnd() {},
      }));
    });
  });
});
