import { describe, expect, it } from "@jest/globals";
import type { CacheBackend } from "../backend/cache-backend.js";
import type { PersistenceBackend } from "../backend/persistence-backend.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { cacheBackendContract } from "./cache-backend-contract.js";
import { FaultInjector } from "./fault-injector.js";
import { ManualClock } from "./manual-clock.js";

const one = Uint8Array.of(1);
const contractClock = new ManualClock();
let serial = 0;

cacheBackendContract(
  { describe, it },
  {
    name: "MemoryCache behind a FaultInjector without faults",
    ttlStepMs: 1,
    leasing: true,
    clock: contractClock,
    open: async () => new FaultInjector<CacheBackend>().wrap(new MemoryCache({ clock: contractClock })),
    freshKey: () => `key-${serial++}`,
  },
);

function faultyCache() {
  const clock = new ManualClock();
  const faults = new FaultInjector<CacheBackend>(clock);
  const inner = new MemoryCache({ clock });
  return { clock, faults, inner, cache: faults.wrap(inner) };
}

describe("FaultInjector", () => {
  it("fails the call it is aimed at, before it gets to the port, and no other", async () => {
    const { faults, inner, cache } = faultyCache();
    const fault = faults.fail("add", { nth: 2 });
    await cache.add("a", one, 1_000);
    await expect(cache.add("b", one, 1_000)).rejects.toMatchObject({ code: "CACHE_UNAVAILABLE" });
    await cache.add("c", one, 1_000);
    expect([...(await inner.getMany(["a", "b", "c"])).keys()]).toEqual(["a", "c"]);
    expect(fault.hits).toBe(1);
  });

  it("fails a call after it was done, with any error", async () => {
    const { faults, inner, cache } = faultyCache();
    const mine = new Error("mine");
    faults.fail("set", { at: "reply", times: 2 }, mine);
    await expect(cache.set("a", one, 1_000)).rejects.toBe(mine);
    await expect(cache.set("b", one, 1_000)).rejects.toBe(mine);
    await cache.set("c", one, 1_000);
    expect((await inner.getMany(["a", "b", "c"])).size).toBe(3);
  });

  it("counts and strikes only calls with the arguments it was told", async () => {
    const { faults, cache } = faultyCache();
    faults.fail("add", { nth: 2, matches: (key) => key === "b" });
    for (const key of ["b", "a", "c"]) await cache.add(key, one, 1_000);
    await expect(cache.add("b", one, 1_000)).rejects.toMatchObject({ code: "CACHE_UNAVAILABLE" });
  });

  it("lets faults of one operation count apart from one another", async () => {
    const { faults, cache } = faultyCache();
    const [first, second] = [new Error("first"), new Error("second")];
    faults.fail("getMany", { nth: 1 }, first);
    faults.fail("getMany", { nth: 2 }, second);
    await expect(cache.getMany(["a"])).rejects.toBe(first);
    await expect(cache.getMany(["a"])).rejects.toBe(second);
    await expect(cache.getMany(["a"])).resolves.toEqual(new Map());
  });

  it("delays a call by its clock", async () => {
    const { clock, faults, inner, cache } = faultyCache();
    faults.delay("set", 500);
    const stored = cache.set("a", one, 1_000);
    await clock.advance(499);
    expect(inner.entryCount).toBe(0);
    await clock.advance(1);
    await stored;
    expect(inner.entryCount).toBe(1);
  });

  it("lets a call hang on the way back until the fault is lifted", async () => {
    const { faults, inner, cache } = faultyCache();
    const fault = faults.hang("set", { at: "reply" });
    let settled = false;
    const stored = cache.set("a", one, 1_000).finally(() => {
      settled = true;
    });
    await fault.struck;
    await new Promise(setImmediate);
    expect(inner.entryCount).toBe(1);
    expect(settled).toBe(false);
    fault.lift();
    await stored;
  });

  it("settles hanging and delayed calls when the port is closed or disposed of", async () => {
    for (const end of ["close", Symbol.asyncDispose] as const) {
      const { faults, cache } = faultyCache();
      const hanging = [faults.hang("getMany"), faults.delay("add", 60_000)];
      const calls = [cache.getMany(["a"]), cache.add("a", one, 1_000)];
      const settled = Promise.allSettled(calls);
      await Promise.all(hanging.map((fault) => fault.struck));
      await cache[end]();
      for (const call of await settled) {
        expect(call).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
      }
    }
  });

  it("heals: what hangs goes on and nothing is struck any more", async () => {
    const { faults, cache } = faultyCache();
    const fault = faults.hang("add", { times: 10 });
    const added = cache.add("a", one, 1_000);
    await fault.struck;
    faults.heal();
    expect(await added).toBeDefined();
    expect(await cache.add("b", one, 1_000)).toBeDefined();
  });

  it("tells in which order the operations of several ports were called", async () => {
    const faults = new FaultInjector<CacheBackend | PersistenceBackend<unknown>>();
    const cache: CacheBackend = faults.wrap(new MemoryCache());
    const persistence: PersistenceBackend<unknown> = faults.wrap(new MemoryPersistence<unknown>());
    await persistence.write("a", 1);
    await cache.set("a", one, 1_000);
    await persistence.readMany(["a"]);
    expect(faults.calls).toEqual(["write", "set", "readMany"]);
  });

  it("wraps a collection of rows, whose transactions are the real ones", async () => {
    const faults = new FaultInjector<PersistenceBackend<unknown>>();
    const inner = new MemoryPersistence<unknown>();
    const persistence = faults.wrap<PersistenceBackend<unknown>>(inner);
    const broken = new Error("connection lost");
    faults.fail("write", { nth: 2 }, broken);
    const work = persistence.transactions.run(async () => {
      await persistence.write("a", 1);
      await persistence.write("b", 2);
    });
    await expect(work).rejects.toBe(broken);
    expect((await inner.readMany(["a", "b"])).size).toBe(0);
  });
});
