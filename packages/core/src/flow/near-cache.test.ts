import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { cacheKey, Process, Row, removeFrom } from "../../test-support/reading-process.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";
import { NearCache } from "./near-cache.js";

const settings = { ttlMs: 1_000, maxEntries: 100, maxBytes: 1_000_000 };

function start() {
  const clock = new ManualClock();
  const memory = new MemoryCache({ clock });
  const cache = new SteppedCache(memory);
  const one = new Process(cache, clock, { near: settings });
  const other = new Process(memory, clock);
  return { clock, memory, cache, one, other, near: one.near as NearCache, row: new Row() };
}

async function filled({ one, row }: ReturnType<typeof start>, tags: readonly string[] = []): Promise<void> {
  await one.read(row, {}, tags);
  await one.background.idle();
}

describe("a near cache", () => {
  it("serves what was filled, without asking the shared cache", async () => {
    const world = start();
    await filled(world);
    const { getMany } = world.cache.calls;
    expect(await world.one.read(world.row)).toBe("v0");
    expect(world.cache.calls.getMany).toBe(getMany);
  });

  it("serves what the shared cache held, known absence too", async () => {
    const world = start();
    world.row.text = undefined;
    await world.other.read(world.row);
    await world.other.background.idle();
    await world.one.read(world.row);
    const { getMany } = world.cache.calls;
    expect(await world.one.read(world.row)).toBeUndefined();
    expect(world.cache.calls.getMany).toBe(getMany);
    expect(world.row.loads).toBe(1);
  });

  it("takes nothing that was not stored in the shared cache", async () => {
    const world = start();
    const reply = world.row.stopNextReply();
    const reading = world.one.read(world.row);
    while (world.row.loads === 0) await turn();
    await removeFrom(world.memory, world.other);
    reply.go();
    await reading;
    await world.one.background.idle();
    expect(world.near.size).toBe(0);
  });

  it("serves a value for its ttl, counted from the start of the get that brought it", async () => {
    const world = start();
    await filled(world);
    await world.clock.advance(2_000);
    const answer = world.cache.stopNext("getMany", "reply");
    const reading = world.one.read(world.row);
    await answer.reached;
    await world.clock.advance(200);
    answer.go();
    await reading;
    await world.clock.advance(799);
    const { getMany } = world.cache.calls;
    await world.one.read(world.row);
    expect(world.cache.calls.getMany).toBe(getMany);
    await world.clock.advance(1);
    await world.one.read(world.row);
    expect(world.cache.calls.getMany).toBe(getMany + 1);
  });

  it("serves nothing beyond the end of the value", async () => {
    const world = start();
    world.row.ttlMs = 300;
    await filled(world);
    await world.clock.advance(300);
    world.row.text = "v1";
    expect(await world.one.read(world.row)).toBe("v1");
  });

  it("gives every caller a value of its own", async () => {
    const world = start();
    await filled(world);
    const { near } = world;
    const value = near.get(cacheKey)?.value;
    expect(value?.take()).toBe("v0");
    expect(near.get(cacheKey)?.value?.take()).toBe("v0");
  });

  // A read gets the old value; the key is invalidated, and nothing is here yet to be dropped; the read puts the old value here.
  it("takes nothing that was asked for before an invalidation of the key", async () => {
    const world = start();
    await filled(world);
    await world.clock.advance(2_000);
    const answer = world.cache.stopNext("getMany", "reply");
    const early = world.one.read(world.row);
    await answer.reached;
    world.row.text = "v1";
    await removeFrom(world.memory, world.other);
    world.one.reads.detach([cacheKey]);
    answer.go();
    expect(await early).toBe("v0");
    expect(world.near.size).toBe(0);
    expect(await world.one.read(world.row)).toBe("v1");
  });

  it("takes nothing that was asked for before everything was dropped", async () => {
    const world = start();
    await filled(world);
    await world.clock.advance(2_000);
    const answer = world.cache.stopNext("getMany", "reply");
    const early = world.one.read(world.row);
    await answer.reached;
    world.near.clear();
    answer.go();
    await early;
    expect(world.near.size).toBe(0);
  });

  it("drops what belongs to a tag that was invalidated, and takes nothing of it that was asked for before", async () => {
    const world = start();
    await filled(world, ["red"]);
    world.row.text = "v1";
    const seedKeys = world.one.generations.seedKeysOfTags(["red"]);
    await removeFrom(world.memory, world.other, seedKeys);
    expect(await world.one.read(world.row, {}, ["red"])).toBe("v0");
    world.one.reads.detach(seedKeys);
    expect(await world.one.read(world.row, {}, ["red"])).toBe("v1");
  });

  it("keeps entries of a key under other tags apart", async () => {
    const world = start();
    await filled(world, ["red"]);
    world.row.text = "v1";
    expect(await world.one.read(world.row, {}, ["blue"])).toBe("v1");
  });

  it("takes and serves nothing while it is suspended", async () => {
    const world = start();
    await filled(world);
    world.near.suspend();
    expect(world.near.size).toBe(0);
    await world.one.read(world.row);
    expect(world.near.size).toBe(0);
    world.near.resume();
    await world.one.read(world.row);
    expect(world.near.size).toBe(1);
  });
});

describe("the room of a near cache", () => {
  const served = (text: string) => ({
    envelope: {
      text,
      version: undefined,
      staleAtMs: Number.MAX_SAFE_INTEGER,
      expiresAtMs: undefined,
      rowExpiresAtMs: undefined,
      graceUntilMs: undefined,
      refreshingUntilMs: undefined,
    },
    value: undefined,
  });
  const put = (near: NearCache, id: string, text = "v") =>
    near.put({ id, key: { key: id, cacheKey: id, hashed: false }, seedKeys: [] }, served(text), {
      askedAt: Number.MAX_SAFE_INTEGER,
      askedAtMs: 0,
    });
  const nearOf = (bounds: { maxEntries?: number; maxBytes?: number }) =>
    new NearCache({ ...settings, ...bounds, clock: new ManualClock() });

  it("is that of maxEntries; what was not used for longest goes first", () => {
    const near = nearOf({ maxEntries: 3 });
    for (const id of ["a", "b", "c"]) put(near, id);
    near.get("a");
    put(near, "d");
    expect(["a", "b", "c", "d"].map((id) => near.get(id) !== undefined)).toEqual([true, false, true, true]);
  });

  it("is that of maxBytes, about; what would not fit at all is not taken", () => {
    const near = nearOf({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i += 1) put(near, `key ${i}`, "x".repeat(700));
    expect(near.size).toBeGreaterThan(3);
    expect(near.size).toBeLessThan(8);
    put(near, "large", "x".repeat(6_000));
    expect(near.get("large")).toBeUndefined();
    expect(near.size).toBeGreaterThan(3);
  });

  it("does not shrink by replaced and dropped entries", () => {
    const near = nearOf({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i += 1) {
      put(near, "same", "x".repeat(3_000));
      put(near, "dropped", "x".repeat(1_000));
      near.invalidate(["dropped"]);
    }
    put(near, "another", "x".repeat(1_000));
    expect(near.get("same")).toBeDefined();
    expect(near.get("another")).toBeDefined();
  });

  it("holds out against more invalidations than it has entries", () => {
    const near = nearOf({ maxEntries: 10 });
    put(near, "a");
    for (let i = 0; i < 1_000; i += 1) near.invalidate([`key ${i}`]);
    expect(near.size).toBe(0);
    put(near, "a");
    expect(near.get("a")).toBeDefined();
  });
});
