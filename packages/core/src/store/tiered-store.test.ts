import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { StoreEvent } from "../backend/observer.js";
import type { ValueCodec } from "../backend/value-codec.js";
import { AsideError, isAsideError } from "../errors/aside-error.js";
import { MemoryLock } from "../memory/memory-lock.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import { ConnectedMemoryCache } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import type { TieredStoreOptions } from "./store-options.js";
import { TieredStore } from "./tiered-store.js";

interface User {
  name: string;
  tags?: string[];
}

/** Counts the rows that are read. */
class CountedPersistence extends MemoryPersistence<User> {
  reads: string[][] = [];
  override readMany(
    ...args: Parameters<MemoryPersistence<User>["readMany"]>
  ): ReturnType<MemoryPersistence<User>["readMany"]> {
    this.reads.push([...args[0]]);
    return super.readMany(...args);
  }
}

interface Setting {
  readonly clock: ManualClock;
  readonly cache: ConnectedMemoryCache;
  readonly transactions: MemoryTransactions;
  readonly persistence: CountedPersistence;
  readonly events: StoreEvent[];
  readonly users: TieredStore<User>;
  /** Another process on the same servers. */
  readonly elsewhere: TieredStore<User>;
}

const open: TieredStore<User>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

function start(options: Partial<TieredStoreOptions<User>> = {}): Setting {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const transactions = new MemoryTransactions({ clock, log: true });
  const persistence = new CountedPersistence({ clock, transactions });
  const events: StoreEvent[] = [];
  const observer = { active: true, emit: (event: StoreEvent) => void events.push(event) };
  const all = { name: "users", cache, persistence, clock, ttlJitter: 0, ...options };
  const users = new TieredStore<User>({ ...all, observer });
  const elsewhere = new TieredStore<User>(all);
  open.push(users, elsewhere);
  return { clock, cache, transactions, persistence, events, users, elsewhere };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TypeError || (error as Error | undefined)?.name === "TypeError") return "TypeError";
  return isAsideError(error) ? error.code : undefined;
}

describe("TieredStore", () => {
  it("gives back what was set, from the database first and then from the cache", async () => {
    const { users, events } = start();
    await users.set("42", { name: "Ada" });
    expect(await users.get("42")).toEqual({ name: "Ada" });
    await settle();
    expect(await users.get("42")).toEqual({ name: "Ada" });
    const sources = events.filter((event) => event.type === "read").map(({ source }) => source);
    expect(sources).toEqual(["database", "cache"]);
  });

  it("resolves with undefined for what is not there", async () => {
    expect(await start().users.get("nobody")).toBeUndefined();
  });

  it.each([
    ["null", null],
    ["0", 0],
    ["an empty string", ""],
    ["false", false],
  ])("takes %s for a value", async (_, value) => {
    const { cache, clock } = start();
    const store = new TieredStore<unknown>({
      name: "x",
      cache,
      clock,
      persistence: new MemoryPersistence({ clock }),
    });
    await store.set("k", value);
    expect(await store.get("k")).toBe(value);
    await settle();
    expect(await store.get("k")).toBe(value);
    await store.close();
  });

  it("gives every caller an object of its own, on a hit, on a miss and from a shared load", async () => {
    const { users } = start();
    await users.set("42", { name: "Ada", tags: ["a"] });
    const [one, two] = await Promise.all([users.get("42"), users.get("42")]);
    one?.tags?.push("changed");
    expect(two).toEqual({ name: "Ada", tags: ["a"] });
    await settle();
    expect(await users.get("42")).toEqual({ name: "Ada", tags: ["a"] });
  });

  it("serves the new value to a read anywhere that starts after the write resolved", async () => {
    const { users, elsewhere } = start();
    await users.set("42", { name: "Ada" });
    await elsewhere.get("42");
    await settle();
    await users.set("42", { name: "Grace" });
    expect(await elsewhere.get("42")).toEqual({ name: "Grace" });
    await users.delete("42");
    expect(await elsewhere.get("42")).toBeUndefined();
  });

  it("reads keys of one tick together, from the cache and from the database", async () => {
    const { users, cache, persistence } = start();
    await users.setMany([
      ["a", { name: "A" }],
      ["b", { name: "B" }],
    ]);
    await users.get("warm up the node");
    await settle();
    cache.calls.getMany = 0;
    persistence.reads = [];
    await Promise.all([users.get("a"), users.get("b"), users.get("c")]);
    expect(cache.calls.getMany).toBe(1);
    expect(persistence.reads).toEqual([["a", "b", "c"]]);
  });

  it("reads many keys, leaves out the absent ones and reads duplicates once", async () => {
    const { users, persistence } = start();
    await users.set("a", { name: "A" });
    persistence.reads = [];
    expect(await users.getMany(["a", "b", "a"])).toEqual(new Map([["a", { name: "A" }]]));
    expect(persistence.reads).toEqual([["a", "b"]]);
    expect(await users.getMany([])).toEqual(new Map());
  });

  it("tells where each of many keys came from", async () => {
    const { users, events } = start();
    await users.get("a");
    await settle();
    events.length = 0;
    await users.getMany(["a", "b", "c"]);
    expect(events.filter(({ type }) => type === "read")).toMatchObject([
      { source: "cache", keys: 1 },
      { source: "database", keys: 2 },
    ]);
  });

  it("serves a cached value no longer than its ttl", async () => {
    const { users, persistence, clock } = start({ ttlMs: 1_000 });
    await users.set("42", { name: "Ada" });
    await users.get("42");
    await settle();
    persistence.reads = [];
    await clock.advance(999);
    await users.get("42");
    expect(persistence.reads).toEqual([]);
    await clock.advance(1);
    await users.get("42");
    expect(persistence.reads).toEqual([["42"]]);
  });

  it("ends a value at its own expiry, to the millisecond, from cache and database alike", async () => {
    const { users, elsewhere, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 500 });
    await users.get("42");
    await clock.advance(499);
    expect(await users.get("42")).toEqual({ name: "Ada" });
    await clock.advance(1);
    expect(await users.get("42")).toBeUndefined();
    expect(await elsewhere.get("42")).toBeUndefined();
  });

  it("goes on without the cache, and misses nothing that was written meanwhile", async () => {
    const { users, elsewhere, cache, clock } = start();
    await users.set("42", { name: "Ada" });
    await elsewhere.get("42");
    await settle();
    cache.cut();
    await users.set("42", { name: "Grace" });
    expect(await elsewhere.get("42")).toEqual({ name: "Grace" });
    cache.restore(); // with the old value still in it
    await clock.advance(1_000);
    expect(await elsewhere.get("42")).toEqual({ name: "Grace" });
    expect(await users.get("42")).toEqual({ name: "Grace" });
  });

  it("does not fail other reads of the tick for one key that the database cannot hold", async () => {
    const { users, persistence } = start();
    await users.set("a", { name: "A" });
    const { readMany } = CountedPersistence.prototype;
    persistence.readMany = function (keys, options) {
      if (keys.includes("bad")) return Promise.reject(new AsideError("INVALID_KEY", "too long"));
      return readMany.call(this, keys, options);
    };
    const [bad, good] = await Promise.all([codeOf(users.get("bad")), users.get("a")]);
    expect(bad).toBe("INVALID_KEY");
    expect(good).toEqual({ name: "A" });
  });

  it("ends a read that the database does not answer at loadTimeoutMs", async () => {
    const { users, persistence, clock } = start({ loadTimeoutMs: 2_000 });
    persistence.readMany = () => new Promise(() => undefined);
    const code = codeOf(users.get("42"));
    await clock.advance(2_000);
    expect(await code).toBe("DATABASE_TIMEOUT");
  });
});

describe("what is read", () => {
  it("is a miss where the codec cannot decode it, without a word of it in an error", async () => {
    const { users, cache, clock, persistence } = start();
    await users.set("42", { name: "hunter2" });
    await users.get("42");
    await settle();
    const reversed = (text: string): string => [...text].reverse().join("");
    const codec: ValueCodec = {
      encode: (value) => reversed(JSON.stringify(value)),
      decode: (text) => JSON.parse(reversed(text)) as unknown,
    };
    const next = new TieredStore<User>({ name: "users", cache, clock, persistence, codec });
    open.push(next);
    expect(await next.get("42")).toEqual({ name: "hunter2" });
  });

  it("does not fail others of the tick for one damaged row", async () => {
    const { users, persistence } = start();
    await users.set("a", { name: "A" });
    const { readMany } = CountedPersistence.prototype;
    persistence.readMany = function (keys, options) {
      if (keys.includes("damaged")) return Promise.reject(new SyntaxError("Unexpected token"));
      return readMany.call(this, keys, options);
    };
    const [damaged, good] = await Promise.allSettled([users.get("damaged"), users.get("a")]);
    expect(damaged.status).toBe("rejected");
    expect(good).toEqual({ status: "fulfilled", value: { name: "A" } });
  });

  it("comes from a cache in which one entry is of a kind that this version does not know", async () => {
    const { users, cache, transactions, persistence, clock } = start();
    await cache.set("users:odd", Uint8Array.of(0x7a), 600_000);
    await transactions.log?.append([{ id: "1", cache: cache.name, key: "users:odd" }]);
    await users.set("42", { name: "Ada" });
    await users.get("42");
    await settle();
    persistence.reads = [];
    await users.get("42");
    expect(persistence.reads).toEqual([]);
    await clock.advance(5_000);
  });
});

describe("several stores in one transaction", () => {
  it("wait for their holds in one deadline", async () => {
    const { users, cache, clock, transactions } = start();
    const orders = new TieredStore<User>({
      name: "orders",
      cache,
      clock,
      persistence: new MemoryPersistence<User>({ clock, transactions }),
    });
    open.push(orders);
    cache.stopNext("set", "request");
    cache.stopNext("set", "request");
    let done = false;
    const writing = users
      .transaction(async () => {
        await users.set("42", { name: "Ada" });
        await orders.set("7", { name: "a lamp" });
      })
      .then(() => {
        done = true;
      });
    await clock.advance(250);
    await settle();
    expect(done).toBe(true);
    await writing;
  });
});

describe("a conditional write", () => {
  it("succeeds over the version that was read, and rejects with CONFLICT over another", async () => {
    const { users, elsewhere } = start();
    await users.set("42", { name: "Ada" }, { expectedVersion: null });
    const read = await elsewhere.getVersioned("42");
    expect(read?.version).toEqual(expect.any(String));
    await users.set("42", { name: "Grace" }, { expectedVersion: read?.version });
    expect(await codeOf(users.set("42", { name: "Alan" }, { expectedVersion: read?.version }))).toBe(
      "CONFLICT",
    );
    expect(await codeOf(users.delete("42", { expectedVersion: read?.version }))).toBe("CONFLICT");
    expect(
      await users.set("42", { name: "" }, { expectedVersion: read?.version }).catch((e: unknown) => e),
    ).toMatchObject({
      expectedVersion: read?.version,
      actualVersion: (await users.getVersioned("42"))?.version,
    });
    expect(await codeOf(users.set("42", { name: "Alan" }, { expectedVersion: null }))).toBe("CONFLICT");
    expect(await elsewhere.get("42")).toEqual({ name: "Grace" });
  });

  it("is refused with FENCED after a newer holder of the lock has written", async () => {
    const { users } = start();
    await users.set("42", { name: "Ada" }, { fencingToken: 2n });
    expect(await codeOf(users.set("42", { name: "old holder" }, { fencingToken: 1n }))).toBe("FENCED");
  });

  it("refuses a write that asks for the fencing token of a lock that has none, and writes nothing", async () => {
    const { users } = start();
    expect(await codeOf(users.set("42", { name: "Ada" }, { fencingToken: undefined }))).toBe("UNSUPPORTED");
    expect(await users.get("42")).toBeUndefined();
    await users.set("42", { name: "Ada" });
    expect(await codeOf(users.delete("42", { fencingToken: undefined }))).toBe("UNSUPPORTED");
    expect(await users.get("42")).toEqual({ name: "Ada" });
  });
});

describe("delete", () => {
  it("says whether there was a value, and drops a cached copy that has none", async () => {
    const { users, elsewhere, persistence } = start();
    await users.set("42", { name: "Ada" });
    await elsewhere.get("42");
    await settle();
    await persistence.remove("42"); // as by a process that crashed before its release
    expect(await users.delete("42")).toBe(false);
    expect(await elsewhere.get("42")).toBeUndefined();
  });

  it("removes many, and counts those that there were", async () => {
    const { users } = start();
    await users.setMany([
      ["a", { name: "A" }],
      ["b", { name: "B" }],
    ]);
    expect(await users.deleteMany(["a", "b", "c", "a"])).toBe(2);
    expect(await users.getMany(["a", "b"])).toEqual(new Map());
  });
});

describe("touch", () => {
  const hourMs = 3_600_000;

  it("moves the end of the cached copy and leaves the row alone while that leads", async () => {
    const { users, elsewhere, persistence, clock } = start({ ttlMs: 24 * hourMs });
    await users.set("42", { name: "Ada" }, { ttlMs: hourMs });
    await users.get("42");
    await settle();
    const ends = (): number => clock.nowMs() + hourMs;
    expect(await users.touch("42", ends(), { leadMs: 60_000 })).toBe(true);
    await clock.advance(1_000);
    expect(await users.touch("42", ends(), { leadMs: 60_000 })).toBe(true);
    const row = (await persistence.readMany(["42"])).get("42");
    await clock.advance(10_000);
    expect(await users.touch("42", ends(), { leadMs: 60_000 })).toBe(true);
    expect((await persistence.readMany(["42"])).get("42")?.expiresAtMs).toBe(row?.expiresAtMs);
    expect((await elsewhere.getVersioned("42"))?.expiresAtMs).toBe(ends());
  });

  it("keeps a value alive past its first end", async () => {
    const { users, elsewhere, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    await users.get("42");
    await clock.advance(900);
    expect(await users.touch("42", clock.nowMs() + 1_000)).toBe(true);
    await clock.advance(900);
    expect(await users.get("42")).toEqual({ name: "Ada" });
    expect(await elsewhere.get("42")).toEqual({ name: "Ada" });
  });

  it("ends a value at the instant it was touched to, though its row leads", async () => {
    const { users, elsewhere, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    await users.get("42");
    await settle();
    await clock.advance(500);
    expect(await users.touch("42", clock.nowMs() + 1_000, { leadMs: hourMs })).toBe(true);
    await clock.advance(999);
    expect(await elsewhere.get("42")).toEqual({ name: "Ada" });
    await clock.advance(1);
    expect(await elsewhere.get("42")).toBeUndefined();
    expect(await users.touch("42", clock.nowMs() + 1_000, { leadMs: hourMs })).toBe(false);
  });

  it("does not extend how long a cached copy is served", async () => {
    const { users, persistence, clock } = start({ ttlMs: 2_000 });
    await users.set("42", { name: "Ada" }, { ttlMs: hourMs });
    await users.get("42");
    await settle();
    await clock.advance(1_500);
    await users.touch("42", clock.nowMs() + 2 * hourMs);
    persistence.reads = [];
    await clock.advance(500);
    await users.get("42");
    expect(persistence.reads).toEqual([["42"]]);
  });

  it("shortens a life everywhere before it resolves", async () => {
    const { users, elsewhere, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: hourMs });
    await elsewhere.get("42");
    await settle();
    expect(await users.touch("42", clock.nowMs() + 1_000)).toBe(true);
    await clock.advance(1_000);
    expect(await elsewhere.get("42")).toBeUndefined();
  });

  it("does not revive what was deleted or has expired", async () => {
    const { users, elsewhere, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    await users.get("42");
    await settle();
    await elsewhere.delete("42");
    expect(await users.touch("42", clock.nowMs() + hourMs)).toBe(false);
    await users.set("43", { name: "Ada" }, { ttlMs: 1_000 });
    await clock.advance(1_000);
    expect(await users.touch("43", clock.nowMs() + hourMs)).toBe(false);
    expect(await users.getMany(["42", "43"])).toEqual(new Map());
  });

  it("does not overwrite a value that changed between its look and its store", async () => {
    const { users, elsewhere, cache, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: hourMs });
    await users.get("42");
    await settle();
    const store = cache.stopNext("compareAndSet", "request");
    const touching = users.touch("42", clock.nowMs() + hourMs, { leadMs: hourMs });
    await store.reached;
    await elsewhere.set("42", { name: "Grace" }, { ttlMs: hourMs });
    store.go();
    await touching;
    expect(await users.get("42")).toEqual({ name: "Grace" });
  });

  it("leaves no copy that ends later than its row, when both were changed meanwhile", async () => {
    // the copy says the row ends at 50 s, the row ends at 200 s | touch to 100 s moves the row | the copy is made anew from 200 s first
    const { users, elsewhere, cache, clock, persistence } = start({ ttlMs: hourMs });
    await users.set("42", { name: "Ada" }, { ttlMs: 50_000 });
    await users.get("42");
    await settle();
    await persistence.touch("42", clock.nowMs() + 200_000);
    const store = cache.stopNext("compareAndSet", "request");
    const touching = users.touch("42", clock.nowMs() + 100_000);
    await store.reached;
    await users.invalidate("42");
    await persistence.touch("42", clock.nowMs() + 200_000);
    await elsewhere.get("42");
    await settle();
    store.go();
    expect(await touching).toBe(true);
    await clock.advance(150_000);
    expect(await elsewhere.get("42")).toBeUndefined();
  });

  it("is not undone by a copy that a failed load puts back", async () => {
    // the copy ends at 21 s, its row leads by an hour | reader: takes the lease over the copy, its load is under way | touch to 40.5 s: finds the
    // lease, and the row leads | the load fails, and the copy is put back
    const { users, elsewhere, persistence, clock } = start({ ttlMs: 10_000, staleIfErrorMs: hourMs });
    await users.set("42", { name: "Ada" }, { ttlMs: 20_000 });
    await users.get("42");
    await settle();
    await clock.advance(1_000);
    expect(await users.touch("42", clock.nowMs() + 20_000, { leadMs: hourMs })).toBe(true);
    await clock.advance(19_500);
    let fail = (): void => undefined;
    const { readMany } = persistence;
    persistence.readMany = () =>
      new Promise((_resolve, reject) => {
        fail = () => reject(new AsideError("DATABASE_UNAVAILABLE", "down"));
      });
    const reading = elsewhere.get("42");
    await settle();
    persistence.readMany = readMany;
    expect(await users.touch("42", clock.nowMs() + 20_000, { leadMs: hourMs })).toBe(true);
    fail();
    expect(await reading).toEqual({ name: "Ada" });
    await settle();
    await clock.advance(700);
    expect(await elsewhere.get("42")).toEqual({ name: "Ada" });
  });

  it("is not undone by a copy that stands in a cache which could not be asked, and that ended before its row", async () => {
    const { users, elsewhere, cache, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    await users.get("42");
    await settle();
    expect(await users.touch("42", clock.nowMs() + 2_000, { leadMs: hourMs })).toBe(true);
    cache.stopNext("getMany", "request").fail(new AsideError("CACHE_TIMEOUT", "too slow"));
    expect(await users.touch("42", clock.nowMs() + 5_000, { leadMs: hourMs })).toBe(true);
    await clock.advance(3_000);
    expect(await elsewhere.get("42")).toEqual({ name: "Ada" });
  });

  it("is not undone by a copy of another shape of the values, which ended before its row", async () => {
    const { users, cache, clock, persistence } = start();
    const newer = new TieredStore<User>({ name: "users", cache, persistence, clock, schemaVersion: 1 });
    open.push(newer);
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    await users.get("42");
    await settle();
    expect(await users.touch("42", clock.nowMs() + 2_000, { leadMs: hourMs })).toBe(true);
    expect(await newer.touch("42", clock.nowMs() + 5_000, { leadMs: hourMs })).toBe(true);
    await clock.advance(3_000);
    expect(await users.get("42")).toEqual({ name: "Ada" });
  });

  it("works on the row alone while the cache cannot be reached", async () => {
    const { users, cache, clock } = start();
    await users.set("42", { name: "Ada" }, { ttlMs: 1_000 });
    cache.cut();
    expect(await users.touch("42", clock.nowMs() + hourMs)).toBe(true);
    await clock.advance(2_000);
    expect(await users.get("42")).toEqual({ name: "Ada" });
  });

  it("deletes where the new end has passed", async () => {
    const { users, clock } = start();
    await users.set("42", { name: "Ada" });
    expect(await users.touch("42", clock.nowMs())).toBe(true);
    expect(await users.get("42")).toBeUndefined();
  });
});

describe("load", () => {
  it("runs the loader once for all who wait, and then serves the cache", async () => {
    const { users } = start();
    let runs = 0;
    const loader = async (): Promise<User> => {
      runs += 1;
      return { name: "loaded" };
    };
    expect(await Promise.all([users.load("k", loader), users.load("k", loader)])).toEqual([
      { name: "loaded" },
      { name: "loaded" },
    ]);
    await settle();
    await users.load("k", loader);
    expect(runs).toBe(1);
  });

  it("takes the ttl from the value", async () => {
    const { users, clock } = start();
    let runs = 0;
    const load = (): Promise<User | undefined> =>
      users.load(
        "k",
        async () => {
          runs += 1;
          return { name: "xx" };
        },
        { ttlMs: ({ name }) => name.length * 1_000 },
      );
    await load();
    await clock.advance(1_999);
    await load();
    expect(runs).toBe(1);
    await clock.advance(1);
    await load();
    expect(runs).toBe(2);
  });

  it("tells the loader by its signal when its deadline has passed", async () => {
    const { users, clock } = start();
    let signal: AbortSignal | undefined;
    const code = codeOf(
      users.load(
        "k",
        (context) => {
          signal = context.signal;
          return new Promise(() => undefined);
        },
        { timeoutMs: 500 },
      ),
    );
    await clock.advance(500);
    expect(await code).toBe("DATABASE_TIMEOUT");
    expect(signal?.aborted).toBe(true);
  });

  it("passes a loader's error on as it is, also one that is thrown at once", async () => {
    const { users } = start();
    const failure = new RangeError("no");
    await expect(
      users.load("k", () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(users.load("k", () => Promise.reject(failure))).rejects.toBe(failure);
  });

  it("takes what a loader returns that is no promise", async () => {
    const { users } = start();
    const loader = (() => ({ name: "at once" })) as unknown as () => Promise<User>;
    expect(await users.load("k", loader)).toEqual({ name: "at once" });
  });

  it("runs each loader in the context of its own caller", async () => {
    const { users } = start();
    const context = new AsyncLocalStorage<string>();
    const loadIn = (name: string): Promise<User | undefined> =>
      context.run(name, () => users.load(name, async () => ({ name: context.getStore() ?? "lost" })));
    expect(await Promise.all([loadIn("a"), loadIn("b")])).toEqual([{ name: "a" }, { name: "b" }]);
  });

  it("answers a caller that came too late for another's loader by its own, in its own context", async () => {
    const { users, cache } = start();
    const context = new AsyncLocalStorage<string>();
    const ran: string[] = [];
    let go!: () => void;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const loadIn = (name: string): Promise<User | undefined> =>
      context.run(name, () =>
        users.load("k", async () => {
          ran.push(`${name} in ${context.getStore()}`);
          if (ran.length === 1) await gate;
          return { name };
        }),
      );
    const first = loadIn("a");
    await settle();
    const second = loadIn("b");
    const fill = cache.stopNext("compareAndSet", "request");
    go();
    await first;
    await fill.reached;
    fill.fail(new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(await second).toEqual({ name: "b" });
    expect(ran).toEqual(["a in a", "b in b"]);
  });

  it("gives each caller its own object inside a transaction too", async () => {
    const { users } = start();
    const shared: User = { name: "shared" };
    const loaded = await users.transaction(() => users.load("k", async () => shared));
    expect(loaded).toEqual(shared);
    expect(loaded).not.toBe(shared);
  });

  it.each([
    ["a ttl that is not a number", { ttlMs: Number.NaN }],
    ["a deadline that never comes", { timeoutMs: Number.POSITIVE_INFINITY }],
    ["a negative absence ttl", { absenceTtlMs: -1 }],
    ["a computed ttl that is not a number", { ttlMs: () => Number.NaN }],
  ])("refuses %s to its caller, and nobody else notices", async (_, options) => {
    const { users, events } = start();
    expect(await codeOf(users.load("k", async () => ({ name: "" }), options))).toBe("TypeError");
    await settle();
    expect(events.filter(({ type }) => type === "breaker-opened")).toEqual([]);
    expect(await users.load("k", async () => ({ name: "fine" }))).toEqual({ name: "fine" });
  });

  it("loads the missing ones of many keys in one call, and gives all in the order asked for", async () => {
    const { users, elsewhere } = start();
    await users.load("b", async () => ({ name: "cached" }));
    await settle();
    const calls: (readonly string[])[] = [];
    const loadMissing = async (keys: readonly string[]): Promise<ReadonlyMap<string, User>> => {
      calls.push(keys);
      return new Map(keys.filter((key) => key !== "none").map((key) => [key, { name: key }]));
    };
    const found = await users.loadMany(["c", "b", "none", "a", "c"], loadMissing);
    expect([...found]).toEqual([
      ["c", { name: "c" }],
      ["b", { name: "cached" }],
      ["a", { name: "a" }],
    ]);
    expect(calls).toEqual([["c", "none", "a"]]);
    await settle();
    await elsewhere.loadMany(["a", "b", "none"], loadMissing);
    expect(calls).toHaveLength(1);
    expect(await users.loadMany([], loadMissing)).toEqual(new Map());
  });

  it("passes the error of a batch on as it is, after one call", async () => {
    const { users } = start();
    const failure = new Error("no");
    let calls = 0;
    const loading = users.loadMany(["a", "b"], () => {
      calls += 1;
      return Promise.reject(failure);
    });
    await expect(loading).rejects.toBe(failure);
    expect(calls).toBe(1);
  });

  it("loads many inside a transaction past the cache", async () => {
    const { users, cache, transactions } = start();
    const found = await users.transaction(() =>
      users.loadMany(["a"], async (keys) => {
        expect(transactions.current()).toBeDefined();
        return new Map(keys.map((key) => [key, { name: key }]));
      }),
    );
    expect(found).toEqual(new Map([["a", { name: "a" }]]));
    expect(cache.calls.getMany).toBe(0);
  });

  it("works in a store that has nothing but a cache", async () => {
    const { cache, clock } = start();
    const reports = new TieredStore<number>({ name: "reports", cache, clock });
    expect(await reports.load("k", async () => 7)).toBe(7);
    expect(await codeOf(reports.get("k"))).toBe("NO_PERSISTENCE");
    expect(await codeOf(reports.set("k", 1))).toBe("NO_PERSISTENCE");
    await reports.invalidate("k");
    expect(await reports.load("k", async () => 8)).toBe(8);
    cache.cut();
    expect(await codeOf(reports.invalidate("k"))).toBe("CACHE_UNAVAILABLE");
    await reports.close();
  });
});

describe("a transaction", () => {
  it("commits the writes of several calls together, and drops the copies only then", async () => {
    const { users, elsewhere } = start();
    await users.set("a", { name: "old" });
    await elsewhere.get("a");
    await settle();
    await users.transaction(async () => {
      await users.set("a", { name: "new" });
      await users.set("b", { name: "new" });
      expect(await users.get("a")).toEqual({ name: "new" });
      expect(await users.getMany(["a", "b", "c"])).toEqual(
        new Map([
          ["a", { name: "new" }],
          ["b", { name: "new" }],
        ]),
      );
      await settle();
    });
    expect(await elsewhere.get("a")).toEqual({ name: "new" });
    expect(await elsewhere.get("b")).toEqual({ name: "new" });
  });

  it("neither uses nor fills the cache for its own reads", async () => {
    const { users, elsewhere, cache } = start();
    await users.set("a", { name: "old" });
    cache.calls.getMany = 0;
    await users.transaction(async () => {
      await users.get("a");
      await users.load("x", async () => ({ name: "uncommitted" }));
    });
    expect(cache.calls.getMany).toBe(0);
    expect(await elsewhere.load("x", async () => ({ name: "fresh" }))).toEqual({ name: "fresh" });
  });

  it("leaves nothing of a work that throws", async () => {
    const { users, elsewhere } = start();
    await users.set("a", { name: "old" });
    const failure = new Error("no");
    await expect(
      users.transaction(async () => {
        await users.set("a", { name: "new" });
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await users.get("a")).toEqual({ name: "old" });
    expect(await elsewhere.get("a")).toEqual({ name: "old" });
  });

  it("lets a read outside see the old value until the commit, and does not cache it beyond", async () => {
    const { users, elsewhere, transactions } = start();
    await users.set("a", { name: "old" });
    await users.transaction(async () => {
      await users.set("a", { name: "new" });
      expect(await transactions.outside(() => elsewhere.get("a"))).toEqual({ name: "old" });
      await settle();
    });
    expect(await elsewhere.get("a")).toEqual({ name: "new" });
  });

  it("invalidates with its commit and not before", async () => {
    const { users, elsewhere } = start();
    let current = "old";
    const load = (): Promise<User | undefined> => elsewhere.load("list", async () => ({ name: current }));
    await load();
    await settle();
    await users.transaction(async () => {
      await users.invalidate("list");
      expect(await load()).toEqual({ name: "old" });
      current = "new";
    });
    expect(await load()).toEqual({ name: "new" });
  });
});

describe("persist", () => {
  it("runs work in a transaction and drops the keys that its result names", async () => {
    const { users, elsewhere, persistence, transactions } = start();
    const load = (): Promise<User | undefined> =>
      elsewhere.load("first", async () => (await persistence.readMany(["1"])).get("1")?.value);
    expect(await load()).toBeUndefined();
    await settle();
    const id = await users.persist(
      async () => {
        expect(transactions.current()).toBeDefined();
        await persistence.write("1", { name: "Ada" });
        return "first";
      },
      (result) => [result],
    );
    expect(id).toBe("first");
    expect(await load()).toEqual({ name: "Ada" });
  });

  it("takes a single key as it is", async () => {
    const { users, elsewhere } = start();
    let current = "old";
    const load = (): Promise<User | undefined> => elsewhere.load("user:1", async () => ({ name: current }));
    await load();
    await settle();
    await users.persist(
      async () => {
        current = "new";
      },
      () => "user:1",
    );
    expect(await load()).toEqual({ name: "new" });
  });

  it("writes and drops nothing when work throws", async () => {
    const { users, persistence } = start();
    const failure = new Error("no");
    await expect(
      users.persist(
        async () => {
          await persistence.write("1", { name: "Ada" });
          throw failure;
        },
        () => ["1"],
      ),
    ).rejects.toBe(failure);
    expect(await users.get("1")).toBeUndefined();
  });
});

describe("withLock", () => {
  it("runs one work at a time, and releases when it throws", async () => {
    const { cache, clock } = start();
    const store = new TieredStore<User>({ name: "x", cache, clock, locks: new MemoryLock({ clock }) });
    const order: string[] = [];
    const first = store.withLock("k", async () => {
      order.push("first in");
      await turn();
      order.push("first out");
      throw new Error("no");
    });
    const second = store.withLock("k", async () => {
      order.push("second in");
    });
    await Promise.allSettled([first, second, clock.advance(1_000)]);
    expect(order).toEqual(["first in", "first out", "second in"]);
    await store.close();
  });

  it("says what is missing", async () => {
    expect(await codeOf(start().users.withLock("k", async () => 1))).toBe("UNSUPPORTED");
  });
});

describe("misuse", () => {
  it.each<[string, (users: TieredStore<User>) => Promise<unknown>, string]>([
    ["an empty key", (users) => users.get(""), "INVALID_KEY"],
    ["a number for a key", (users) => users.get(7 as unknown as string), "INVALID_KEY"],
    ["undefined for a value", (users) => users.set("k", undefined as unknown as User), "INVALID_VALUE"],
    [
      "a function in a value",
      (users) => users.set("k", { name: () => 1 } as unknown as User),
      "INVALID_VALUE",
    ],
    ["two expiries", (users) => users.set("k", { name: "" }, { ttlMs: 1, expiresAtMs: 1 }), "TypeError"],
    ["a negative ttl", (users) => users.set("k", { name: "" }, { ttlMs: -1 }), "TypeError"],
    ["an expiry that is no number", (users) => users.touch("k", Number.NaN), "TypeError"],
    [
      "a missing loader",
      (users) => users.load("k", undefined as unknown as () => Promise<User>),
      "TypeError",
    ],
  ])("refuses %s", async (_, call, code) => {
    expect(await codeOf(call(start().users))).toBe(code);
  });

  it("is refused with CLOSED after close, which can be called twice", async () => {
    const { users } = start();
    await users.close();
    await users.close();
    expect(await codeOf(users.get("k"))).toBe("CLOSED");
    expect(await codeOf(users.set("k", { name: "" }))).toBe("CLOSED");
    expect(await codeOf(users.getMany([]))).toBe("CLOSED");
    expect(await codeOf(users.invalidate())).toBe("CLOSED");
  });

  it("never shows the key in the message of an error", async () => {
    const { users } = start();
    await users.set("secret-key", { name: "" });
    const error = await users
      .set("secret-key", { name: "" }, { expectedVersion: null })
      .catch((e: unknown) => e);
    expect(String(error)).not.toContain("secret-key");
    expect((error as AsideError).key).toBe("secret-key");
  });
});

describe("close", () => {
  it("waits for a read that was begun just before", async () => {
    const { users, cache } = start();
    await users.get("warm up");
    await settle();
    const before = cache.calls.getMany;
    const reading = users.get("42");
    await users.close();
    expect(cache.calls.getMany).toBe(before + 1);
    const after = cache.calls.compareAndSet + cache.calls.add;
    await reading;
    await settle();
    expect(cache.calls.compareAndSet + cache.calls.add).toBe(after);
  });

  it("waits for fills that are under way", async () => {
    const { users, cache, clock, elsewhere, persistence } = start();
    await users.set("42", { name: "Ada" });
    const fill = cache.stopNext("compareAndSet", "request");
    await users.get("42");
    await fill.reached;
    let closed = false;
    const closing = users.close().then(() => {
      closed = true;
    });
    await settle();
    expect(closed).toBe(false);
    fill.go();
    await closing;
    persistence.reads = [];
    await elsewhere.get("42");
    expect(persistence.reads).toEqual([]);
    await elsewhere.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
