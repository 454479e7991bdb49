import { setImmediate as turn } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { cacheKey, Process, Row, removeFrom } from "../../test-support/reading-process.js";
import type { CacheBackend } from "../backend/cache-backend.js";
import { isConnected } from "../backend/connected-cache-backend.js";
import { newHoldBytes } from "../entry/entry-kind.js";
import { isAsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";
import { Generations } from "./generations.js";

const clock = new ManualClock();
const tags = ["red"];

function start() {
  const memory = new MemoryCache({ clock });
  const cache = new SteppedCache(memory);
  const one = new Process(cache, clock);
  const other = new Process(memory, clock);
  return { memory, cache, one, other, row: new Row(), seedKeys: one.generations.seedKeysOfTags(tags) };
}

async function filled({ one, row }: ReturnType<typeof start>): Promise<void> {
  await one.read(row, {}, tags);
  await one.background.idle();
}

describe("a read under tags", () => {
  it("is served by the cache while the seeds of its tags stand", async () => {
    const world = start();
    await filled(world);
    expect(await world.other.read(world.row, {}, tags)).toBe("v0");
    expect(world.row.loads).toBe(1);
  });

  it("loads anew once a seed was invalidated, and the new copy is served", async () => {
    const world = start();
    await filled(world);
    world.row.text = "v1";
    expect(await removeFrom(world.memory, world.other, world.seedKeys)).toBe(true);
    expect(await world.one.read(world.row, {}, tags)).toBe("v1");
    await world.one.background.idle();
    expect(await world.other.read(world.row, {}, tags)).toBe("v1");
    expect(world.row.loads).toBe(2);
  });

  it("does not see the copy of a caller with other tags, or with none", async () => {
    const world = start();
    await filled(world);
    for (const others of [[], ["blue"], ["red", "blue"]]) {
      const { loads } = world.row;
      await world.one.read(world.row, {}, others);
      await world.one.background.idle();
      expect(world.row.loads).toBe(loads + 1);
    }
  });

  it("takes the same tags in another order, and twice, for the same", async () => {
    const world = start();
    await world.one.read(world.row, {}, ["red", "blue"]);
    await world.one.background.idle();
    await world.other.read(world.row, {}, ["blue", "red", "blue"]);
    expect(world.row.loads).toBe(1);
  });

  it("fetches entry and seeds in one round trip", async () => {
    const world = start();
    await filled(world);
    const before = world.cache.calls.getMany;
    await world.one.read(world.row, {}, ["red"]);
    expect(world.cache.calls.getMany).toBe(before + 1);
  });

  it("neither serves, leases nor fills while a seed is held", async () => {
    const world = start();
    await filled(world);
    const [seedKey = ""] = world.seedKeys;
    await world.memory.set(seedKey, newHoldBytes(), 60_000);
    const stores = { ...world.cache.calls };
    world.row.text = "v1";
    expect(await world.one.read(world.row, {}, tags)).toBe("v1");
    await world.one.background.idle();
    const { add, compareAndSet, set } = world.cache.calls;
    expect({ add, compareAndSet, set }).toEqual({
      add: stores.add,
      compareAndSet: stores.compareAndSet,
      set: stores.set,
    });
  });

  it("replaces an entry that is no seed where a seed should be", async () => {
    const world = start();
    const [seedKey = ""] = world.seedKeys;
    await world.memory.set(seedKey, Buffer.from("V garbage"), 60_000);
    await filled(world);
    expect(await world.other.read(world.row, {}, tags)).toBe("v0");
    expect(world.row.loads).toBe(1);
  });

  // The old row is read; the tag is invalidated, by a process that finds no entry to remove; the fill is stored, under the old seed.
  it("never serves a fill whose load began before the tag was invalidated", async () => {
    const world = start();
    const reply = world.row.stopNextReply();
    const early = world.one.read(world.row, {}, tags);
    while (world.row.loads === 0) await turn();
    world.row.text = "v1";
    expect(await removeFrom(world.memory, world.other, world.seedKeys)).toBe(true);
    reply.go();
    expect(await early).toBe("v0");
    await world.one.background.idle();
    expect(await world.other.read(world.row, {}, tags)).toBe("v1");
  });

  // The same, and a second caller joins after the invalidation: the stored fill is no witness for it.
  it("does not share a load with a caller that came after the tag was invalidated", async () => {
    const world = start();
    const reply = world.row.stopNextReply();
    const early = world.one.read(world.row, {}, tags);
    while (world.row.loads === 0) await turn();
    world.row.text = "v1";
    await removeFrom(world.memory, world.other, world.seedKeys);
    const late = world.one.read(world.row, {}, tags);
    reply.go();
    expect(await Promise.all([early, late])).toEqual(["v0", "v1"]);
  });

  // The add of the seed is answered too late, so the load goes on without a fill; the seed arrives all the same.
  it("does not fill under a seed whose making was not confirmed", async () => {
    const world = start();
    const adding = world.cache.stopNext("add", "reply");
    const reading = world.one.read(world.row, {}, tags);
    await adding.reached;
    await clock.advance(300);
    expect(await reading).toBe("v0");
    adding.go();
    await world.one.background.idle();
    expect(await world.memory.getMany([cacheKey])).toEqual(new Map());
  });

  it("detaches its flight when this process invalidates the tag", async () => {
    const world = start();
    const reply = world.row.stopNextReply();
    const early = world.one.read(world.row, {}, tags);
    while (world.row.loads === 0) await turn();
    world.row.text = "v1";
    world.one.reads.detach(world.seedKeys);
    const late = world.one.read(world.row, {}, tags);
    while (world.row.loads === 1) {
      await clock.advance(50); // it waits for the lease of the first
      await turn();
    }
    expect(await late).toBe("v1");
    reply.go();
    expect(await early).toBe("v0");
  });
});

describe("Generations", () => {
  it("finds on every partition a seed key that the partition owns, the same in every process", () => {
    const cache = threeNodes();
    const seedKeys = generationsOf(cache).seedKeysOfTags(["red", "blue"]);
    expect(seedKeys.map((seedKey) => partitionOf(seedKey)).sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
    expect(generationsOf(threeNodes()).seedKeysOfTags(["red", "blue"])).toEqual(seedKeys);
  });

  it("gives an entry the seeds of its own partition", () => {
    const generations = generationsOf(threeNodes());
    for (const key of ["s:1", "s:2", "s:3", "s:4", "s:5"]) {
      const seedKeys = generations.seedKeysOf(key, ["red", "blue"]);
      expect(seedKeys.map(partitionOf)).toEqual([partitionOf(key), partitionOf(key)]);
    }
  });

  it("knows the whole store as one more generation of a clearable store, and none of others", () => {
    const clearable = generationsOf(threeNodes(), true);
    expect(clearable.seedKeysOf("s:1", [])).toHaveLength(1);
    expect(clearable.seedKeysOfStore()).toContain(clearable.seedKeysOf("s:1", [])[0]);
    expect(generationsOf(threeNodes()).seedKeysOf("s:1", [])).toEqual([]);
  });

  it("never mixes up tags, whatever their characters", () => {
    const tricky = [
      "a",
      "a~0",
      "a~1",
      "~all",
      "tag:a",
      "A",
      "a b",
      "a%20b",
      "x".repeat(400),
      `${"x".repeat(400)}y`,
    ];
    const generations = generationsOf(new MemoryCache({ clock }));
    const seedKeys = tricky.flatMap((tag) => generations.seedKeysOfTags([tag]));
    expect(new Set([...seedKeys, ...generations.seedKeysOfStore()]).size).toBe(tricky.length + 1);
    for (const seedKey of seedKeys) expect(seedKey).toMatch(/^[!-~]{1,250}$/);
  });

  it("finds, while keys move, the seed keys of processes that know the other list of servers", () => {
    const early = generationsOf(moving(["a", "b", "c"], ["b", "c", "d", "e"]));
    const late = generationsOf(moving(["b", "c", "d", "e"], ["a", "b", "c"]));
    const keys = Array.from({ length: 50 }, (_, number) => `s:${number}`);
    for (const [reader, writer] of [
      [early, late],
      [late, early],
    ] as const) {
      for (let tag = 0; tag < 20; tag += 1) {
        const seedKeys = writer.seedKeysOfTags([`${tag}`]);
        for (const key of keys) expect(seedKeys).toContain(reader.seedKeysOf(key, [`${tag}`])[0]);
      }
    }
  });

  it("says so when a partition owns next to no keys", () => {
    const cache = threeNodes();
    const oneKey = { ...cache, partitionOf: (key: string) => (key === "s:1" ? "a" : "b") } as CacheBackend;
    expect(isConnected(oneKey)).toBe(true);
    const refusal = (() => {
      try {
        return generationsOf(oneKey).seedKeysOf("s:1", ["red"]);
      } catch (error) {
        return error;
      }
    })();
    expect(isAsideError(refusal, "CONFIGURATION")).toBe(true);
    expect(generationsOf(oneKey).seedKeysOfTags(["red"])).toHaveLength(1);
  });
});

/** Three nodes; which one has a key is told from the key's last character. Holds nothing: only its map of partitions is asked. */
function threeNodes(): CacheBackend {
  const memory = new MemoryCache({ clock });
  return {
    name: memory.name,
    limits: memory.limits,
    partitions: ["a", "b", "c"],
    partitionOf,
    connection: () => 1,
    connect: async () => 1,
  } as unknown as CacheBackend;
}

/** A cache whose keys move from one list of nodes to another. */
function moving(own: readonly string[], other: readonly string[]): CacheBackend {
  const nodeOf = (nodes: readonly string[], key: string) => nodes[crc32(key) % nodes.length] as string;
  return {
    ...threeNodes(),
    partitions: [...new Set([...own, ...other])],
    partitionOf: (place: string) =>
      place.startsWith(" ") ? nodeOf(other, place.slice(1)) : nodeOf(own, place),
    otherPlacesOf: (key: string) => (nodeOf(own, key) === nodeOf(other, key) ? [] : [` ${key}`]),
  } as unknown as CacheBackend;
}

function partitionOf(key: string): string {
  return ["a", "b", "c"][(key.codePointAt(key.length - 1) ?? 0) % 3] as string;
}

function generationsOf(cache: CacheBackend, clearable = false): Generations {
  const { nodes } = new Process(cache, clock);
  return new Generations({ store: "s", nodes, maxKeyBytes: 250, clearable });
}
