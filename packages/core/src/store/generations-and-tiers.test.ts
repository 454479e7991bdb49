import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { StoreEvent } from "../backend/observer.js";
import { AsideError, isAsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { MemoryInvalidationBus } from "../memory/memory-invalidation-bus.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";
import type { TieredStoreOptions } from "./store-options.js";
import { TieredStore } from "./tiered-store.js";

const open: TieredStore<string>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

function start(options: Partial<TieredStoreOptions<string>> = {}) {
  const clock = new ManualClock();
  const cache = new MemoryCache({ clock });
  const transactions = new MemoryTransactions({ clock, log: true });
  const persistence = new MemoryPersistence<string>({ clock, transactions });
  const events: StoreEvent[] = [];
  const observer = { active: true, emit: (event: StoreEvent) => void events.push(event) };
  const all = { name: "pages", cache, persistence, clock, ttlJitter: 0, observer, ...options };
  const [here, elsewhere] = [0, 1].map(() => new TieredStore<string>(all)) as [
    TieredStore<string>,
    TieredStore<string>,
  ];
  open.push(here, elsewhere);
  const sources = () => events.flatMap((event) => (event.type === "read" ? [event.source] : []));
  return { clock, cache, transactions, persistence, here, elsewhere, sources };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await turn();
}

/** A source whose answers are numbered. */
function counted(): () => Promise<string> {
  let calls = 0;
  return async () => {
    calls += 1;
    return `answer ${calls}`;
  };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe("tags", () => {
  it("make all that was loaded under them stale at once, in every process", async () => {
    const { here, elsewhere } = start();
    const [one, two] = [counted(), counted()];
    const get = async (store: TieredStore<string>) => [
      await store.load("1", one, { tags: ["a", "b"] }),
      await store.load("2", two, { tags: ["b"] }),
    ];
    expect(await get(here)).toEqual(["answer 1", "answer 1"]);
    await settle();
    expect(await get(elsewhere)).toEqual(["answer 1", "answer 1"]);
    await elsewhere.invalidateTags("a");
    expect(await get(here)).toEqual(["answer 2", "answer 1"]);
    await settle();
    await here.invalidateTags("b", "unused");
    expect(await get(elsewhere)).toEqual(["answer 3", "answer 2"]);
  });

  it("are invalidated with the commit of a transaction, and not before", async () => {
    const { here, elsewhere, transactions } = start();
    const answer = counted();
    const get = (store: TieredStore<string>) => store.load("1", answer, { tags: ["a"] });
    await get(here);
    await settle();
    await here.transaction(async () => {
      await here.set("row", "x");
      await here.invalidateTags("a");
      expect(await transactions.outside(() => get(elsewhere))).toBe("answer 1");
    });
    expect(await get(elsewhere)).toBe("answer 2");
  });

  it("are what persist() makes stale, beside keys", async () => {
    const { here, elsewhere } = start();
    const [tagged, plain] = [counted(), counted()];
    const get = async () => [
      await elsewhere.load("1", tagged, { tags: ["a"] }),
      await elsewhere.load("2", plain),
    ];
    await get();
    await settle();
    expect(
      await here.persist(
        async () => "done",
        () => ({ keys: ["2"], tags: ["a"] }),
      ),
    ).toBe("done");
    expect(await get()).toEqual(["answer 2", "answer 2"]);
  });

  it("are shared by the keys of one loadMany", async () => {
    const { here, elsewhere } = start();
    let calls = 0;
    const loadMissing = async (keys: readonly string[]) => {
      calls += 1;
      return new Map(keys.map((key) => [key, `${key} ${calls}`]));
    };
    await here.loadMany(["1", "2"], loadMissing, { tags: ["a"] });
    await settle();
    await elsewhere.invalidateTags("a");
    const found = await here.loadMany(["1", "2"], loadMissing, { tags: ["a"] });
    expect([...found.values()]).toEqual(["1 2", "2 2"]);
  });

  it.each<[string, unknown]>([
    ["no array", "a"],
    ["empty strings", [""]],
    ["numbers", [1]],
    ["65 of them", Array.from({ length: 65 }, (_, i) => `${i}`)],
  ])("that are %s are refused", async (_, tags) => {
    const { here } = start();
    const error = await rejection(here.load("1", counted(), { tags: tags as string[] }));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/tags/);
  });
});

describe("clear()", () => {
  it("makes everything of the store stale, rows too", async () => {
    const { here, elsewhere, persistence } = start({ clearable: true });
    const answer = counted();
    await here.set("row", "v0");
    const get = async (store: TieredStore<string>) => [await store.get("row"), await store.load("1", answer)];
    expect(await get(here)).toEqual(["v0", "answer 1"]);
    await settle();
    await persistence.write("row", "v1"); // behind Aside's back
    expect(await get(elsewhere)).toEqual(["v0", "answer 1"]);
    await elsewhere.clear();
    expect(await get(here)).toEqual(["v1", "answer 2"]);
  });

  it("is refused by a store that is not clearable", async () => {
    expect(isAsideError(await rejection(start().here.clear()), "UNSUPPORTED")).toBe(true);
  });

  it("leaves rows that can be touched", async () => {
    const { clock, here, elsewhere, sources } = start({ clearable: true });
    await here.set("row", "v0", { ttlMs: 10_000 });
    await here.get("row");
    await settle();
    expect(await elsewhere.touch("row", clock.nowMs() + 20_000)).toBe(true);
    await clock.advance(15_000);
    expect(await here.get("row")).toBe("v0");
    expect(sources().at(-1)).toBe("cache");
  });
});

describe("a near cache of a store", () => {
  it("serves reads of this process, and sees its writes at once", async () => {
    const { here, sources } = start({ nearCache: {} });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    expect(await here.get("1")).toBe("v0");
    expect(sources()).toEqual(["database", "near"]);
    await here.set("1", "v1");
    expect(await here.get("1")).toBe("v1");
    await here.delete("1");
    expect(await here.get("1")).toBeUndefined();
  });

  it("sees the writes of other processes when its ttl has passed", async () => {
    const { clock, here, elsewhere } = start({ nearCache: { ttlMs: 500 } });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    await elsewhere.set("1", "v1");
    await clock.advance(500);
    expect(await here.get("1")).toBe("v1");
  });

  it("sees the writes, tags and clears of other processes as soon as the bus brings them", async () => {
    const { clock, here, elsewhere } = start({
      clearable: true,
      nearCache: { ttlMs: 3_600_000, bus: new MemoryInvalidationBus() },
    });
    await clock.advance(2_000);
    const answer = counted();
    const get = async () => [await here.get("1"), await here.load("2", answer, { tags: ["a"] })];
    await here.set("1", "v0");
    await get();
    await settle();
    expect(await get()).toEqual(["v0", "answer 1"]);
    await elsewhere.set("1", "v1");
    expect(await get()).toEqual(["v1", "answer 1"]);
    await elsewhere.invalidateTags("a");
    expect(await get()).toEqual(["v1", "answer 2"]);
    await settle();
    await get();
    await elsewhere.clear();
    expect(await get()).toEqual(["v1", "answer 3"]);
  });

  it("drops what the relay delivers, which another read may have brought back meanwhile", async () => {
    const clock = new ManualClock();
    const cache = new SteppedCache(new MemoryCache({ clock }));
    const bus = new MemoryInvalidationBus();
    const { here, elsewhere } = start({ clock, cache, nearCache: { ttlMs: 3_600_000, bus } });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    cache.stopNext("set", "request");
    const late = cache.stopNext("getMany", "request");
    const writing = here.set("1", "v1");
    await clock.advance(250); // the hold is not confirmed, so the key is logged
    await late.reached;
    await clock.advance(250); // nor is the release
    await writing;
    expect([await here.get("1"), await elsewhere.get("1")]).toEqual(["v0", "v0"]);
    await clock.advance(1_000);
    expect([await here.get("1"), await elsewhere.get("1")]).toEqual(["v1", "v1"]);
  });

  it("of each of two stores of one name forgets what both wrote in one transaction", async () => {
    const { here, elsewhere } = start({ nearCache: {} });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    await elsewhere.get("1");
    await here.transaction(async () => {
      await here.set("1", "v1");
      await elsewhere.set("1", "v2");
    });
    expect(await elsewhere.get("1")).toBe("v2");
    expect(await here.get("1")).toBe("v2");
  });

  it("is not used inside a transaction", async () => {
    const { here, sources } = start({ nearCache: {} });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    await here.transaction(async () => {
      await here.set("1", "v1");
      expect(await here.get("1")).toBe("v1");
    });
    expect(sources().at(-1)).toBe("transaction");
  });
});

describe("a value that was touched", () => {
  const touching = { ttlMs: 10_000, nearCache: { ttlMs: 3_600_000 }, refreshBeforeMs: 5_000 };

  it("shows its new end to this process at once, near cache or not", async () => {
    const { clock, here } = start(touching);
    const endsAtMs = clock.nowMs() + 4_000;
    await here.set("1", "v0", { expiresAtMs: endsAtMs });
    await here.get("1");
    await settle();
    await here.touch("1", endsAtMs + 2_000, { leadMs: 1_000 });
    expect((await here.getVersioned("1"))?.expiresAtMs).toBe(endsAtMs + 2_000);
  });

  it("is not taken for ended by the near cache of a process that does not know of the touch", async () => {
    const { clock, here, elsewhere } = start({ ...touching, refreshBeforeMs: 0 });
    const endsAtMs = clock.nowMs() + 2_000;
    await here.set("1", "v0", { expiresAtMs: endsAtMs });
    await here.get("1");
    await settle();
    await here.touch("1", endsAtMs + 1_000, { leadMs: 4_000 });
    await here.get("1");
    await elsewhere.touch("1", endsAtMs + 3_000, { leadMs: 4_000 });
    await clock.advance(3_500);
    expect(await here.get("1")).toBe("v0");
  });

  // Its row ends later; a refresh would read the row, and bring the value back beyond its end.
  it("is not prolonged by a refresh", async () => {
    const { clock, here, sources } = start({ ...touching, nearCache: undefined });
    const endsAtMs = clock.nowMs() + 5_000;
    await here.set("1", "v0", { expiresAtMs: endsAtMs });
    await here.get("1");
    await settle();
    await here.touch("1", endsAtMs + 1_000, { leadMs: 60_000 });
    await clock.advance(5_500);
    expect(await here.get("1")).toBe("v0");
    await settle();
    await clock.advance(500);
    expect(await here.get("1")).toBeUndefined();
    expect(sources().at(-1)).toBe("cache");
  });
});

describe("what a store keeps beyond its end", () => {
  it("is served while the database cannot be read, and never after it was written", async () => {
    const { clock, here, elsewhere, persistence, sources } = start({ ttlMs: 1_000, staleIfErrorMs: 60_000 });
    await here.set("1", "v0");
    await here.get("1");
    await settle();
    const { readMany } = persistence;
    await clock.advance(1_000);
    persistence.readMany = async () => {
      throw new AsideError("DATABASE_UNAVAILABLE", "down");
    };
    expect(await here.get("1")).toBe("v0");
    expect(sources().at(-1)).toBe("stale");
    await settle();
    await elsewhere.set("1", "v1");
    expect(isAsideError(await rejection(here.get("1")), "DATABASE_UNAVAILABLE")).toBe(true);
    persistence.readMany = readMany;
    expect(await here.get("1")).toBe("v1");
  });
});

describe("a long value", () => {
  it("is stored compressed and comes back the same", async () => {
    const { cache, here, elsewhere, sources } = start({ compressAboveBytes: 1_000 });
    const long = "Zoë ".repeat(10_000);
    await here.set("1", long);
    await here.get("1");
    await here.close(); // waits for the fill
    expect(await elsewhere.get("1")).toBe(long);
    expect(sources()).toEqual(["database", "cache"]);
    expect((await cache.getMany(["pages:1"])).get("pages:1")?.bytes.length).toBeLessThan(1_000);
  });

  it("is stored as it is where that makes it no smaller, or is not asked for", async () => {
    const { cache, here } = start({ compressAboveBytes: 10 });
    await here.set("1", "0123456789abcdef");
    await here.get("1");
    await here.close();
    const entry = (await cache.getMany(["pages:1"])).get("pages:1");
    expect(Buffer.from(entry?.bytes ?? []).toString("latin1")).toContain("0123456789abcdef");
  });
});

describe("stats()", () => {
  it("tell what the store has done, and in which state its cache is", async () => {
    const { here } = start({ nearCache: {} });
    await here.set("1", "v0");
    await Promise.all([here.get("1"), here.get("1"), here.get("1")]);
    await settle();
    await here.get("1");
    expect(here.stats()).toMatchObject({
      reads: { near: 1, cache: 0, stale: 0, database: 3, transaction: 0 },
      misses: 3,
      shared: 2,
      fills: { stored: 1, refused: 0 },
      writes: { keys: 1, held: 1, released: 1 },
      cacheFailures: 0,
      unlogged: 0,
      near: { entries: 1 },
      nodes: [{ partition: "", state: "closed", believed: true }],
    });
    expect(Object.keys(here.stats().latency).sort()).toEqual(["database", "near", "write"]);
  });

  it("tell of the log after its first poll, and of no near cache where there is none", async () => {
    const { clock, here } = start();
    expect(here.stats()).toMatchObject({ log: undefined, near: undefined });
    await clock.advance(2_000);
    await settle();
    expect(here.stats().log).toMatchObject({ depth: 0, oldestAgeMs: 0 });
  });
});
