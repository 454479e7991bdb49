import { describe, expect, it } from "@jest/globals";
import { cacheBackendContract } from "../testing/cache-backend-contract.js";
import { ManualClock } from "../testing/manual-clock.js";
import { systemClock } from "../time/system-clock.js";
import { MemoryCache } from "./memory-cache.js";

let serial = 0;
const freshKey = () => `key-${serial++}`;
const clock = new ManualClock();

cacheBackendContract(
  { describe, it },
  {
    name: "MemoryCache on a manual clock",
    ttlStepMs: 1,
    leasing: true,
    clock,
    open: async () => new MemoryCache({ clock }),
    freshKey,
  },
);

cacheBackendContract(
  { describe, it },
  {
    name: "MemoryCache on the machine's clock",
    ttlStepMs: 1,
    leasing: true,
    open: async () => new MemoryCache({ clock: systemClock, maxKeyBytes: 1_000, maxValueBytes: 10_000 }),
    freshKey,
  },
);

const bytes = (length: number) => new Uint8Array(length);

describe("MemoryCache", () => {
  it("drops the entry that was used longest ago when there are too many", async () => {
    const cache = new MemoryCache({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) await cache.set(key, bytes(1), 60_000);
    await cache.getMany(["a"]);
    await cache.set("d", bytes(1), 60_000);
    expect([...(await cache.getMany(["a", "b", "c", "d"])).keys()]).toEqual(["a", "c", "d"]);
    expect(cache.entryCount).toBe(3);
  });

  it("drops as many entries as the bytes of a new one need", async () => {
    const cache = new MemoryCache({ maxBytes: 100, maxKeyBytes: 10 });
    for (const key of ["a", "b", "c", "d"]) await cache.set(key, bytes(24), 60_000);
    expect(cache.byteCount).toBe(100);
    await cache.set("e", bytes(40), 60_000);
    expect([...(await cache.getMany(["a", "b", "c", "d", "e"])).keys()]).toEqual(["c", "d", "e"]);
    expect(cache.byteCount).toBe(91);
  });

  it("counts the bytes of what is replaced, deleted and ended only once", async () => {
    const time = new ManualClock();
    const cache = new MemoryCache({ clock: time });
    await cache.set("a", bytes(10), 60_000);
    const token = await cache.set("a", bytes(20), 60_000);
    expect(cache.byteCount).toBe(21);
    await cache.delete("a", token);
    expect(cache.byteCount).toBe(0);
    await cache.set("a", bytes(10), 100);
    await time.advance(100);
    await cache.getMany(["a"]);
    expect(cache.byteCount).toBe(0);
    expect(cache.entryCount).toBe(0);
  });

  it("does not take the token of another cache", async () => {
    const [one, other] = [new MemoryCache(), new MemoryCache()];
    const token = await one.set("a", bytes(1), 60_000);
    await other.set("a", bytes(1), 60_000);
    expect(await other.compareAndSet("a", bytes(2), 60_000, token)).toBeUndefined();
    expect(await other.delete("a", token)).toBe(false);
  });

  it("keeps its time when the machine's clock is set", async () => {
    const time = new ManualClock();
    const cache = new MemoryCache({ clock: time });
    await cache.set("a", bytes(1), 1_000);
    time.jumpTo(time.nowMs() + 3_600_000);
    expect((await cache.getMany(["a"])).size).toBe(1);
    time.jumpTo(0);
    await time.advance(1_000);
    expect((await cache.getMany(["a"])).size).toBe(0);
  });

  it.each([
    { name: "an empty key", key: "", value: bytes(1), ttlMs: 1 },
    { name: "a key with a space", key: "a b", value: bytes(1), ttlMs: 1 },
    { name: "a key with a line end", key: "a\n", value: bytes(1), ttlMs: 1 },
    { name: "a key that is not ASCII", key: "ä", value: bytes(1), ttlMs: 1 },
    { name: "a key that is too long", key: "k".repeat(251), value: bytes(1), ttlMs: 1 },
    { name: "an entry that is too large", key: "a", value: bytes(1_048_577), ttlMs: 1 },
    { name: "a ttl of nothing", key: "a", value: bytes(1), ttlMs: 0 },
    { name: "a ttl that is no number", key: "a", value: bytes(1), ttlMs: Number.NaN },
  ])("refuses $name, which core never sends", async ({ key, value, ttlMs }) => {
    await expect(new MemoryCache().set(key, value, ttlMs)).rejects.toThrow(TypeError);
  });

  it.each([
    { name: "an empty name", options: { name: "" } },
    { name: "a name with a space", options: { name: "my cache" } },
    { name: "no entries", options: { maxEntries: 0 } },
    { name: "a fraction of a byte", options: { maxBytes: 1_000.5 } },
    { name: "no room for one entry", options: { maxBytes: 1_000, maxValueBytes: 1_000 } },
  ])("refuses $name at construction", ({ options }) => {
    expect(() => new MemoryCache(options)).toThrow(TypeError);
  });
});
