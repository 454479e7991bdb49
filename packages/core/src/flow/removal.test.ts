import { describe, expect, it } from "@jest/globals";
import { entryKind, leaseBytes, newHoldBytes } from "../entry/entry-kind.js";
import { AsideError } from "../errors/aside-error.js";
import { ConnectedMemoryCache } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { BoundedCache } from "./bounded-cache.js";
import { CacheNodes } from "./cache-nodes.js";
import { type Removable, remove } from "./removal.js";

const clock = new ManualClock();
const value = Uint8Array.of(entryKind.value, 1, 2, 3);
const minuteMs = 60_000;

function start(timeoutMs = 250): {
  cache: ConnectedMemoryCache;
  nodes: CacheNodes;
  removed: (...what: Removable[]) => Promise<string[]>;
} {
  const cache = new ConnectedMemoryCache(clock);
  const nodes = new CacheNodes({
    cache,
    clock,
    observer: { active: false, emit: () => undefined },
    clean: async () => true,
    longestPauseMs: 1_000,
  });
  const bounded = new BoundedCache(cache, clock);
  const removed = async (...what: Removable[]): Promise<string[]> => [
    ...(await remove(what, { cache: bounded, nodes, clock, timeoutMs })).confirmed,
  ];
  return { cache, nodes, removed };
}

async function bytesAt(cache: ConnectedMemoryCache, key: string): Promise<Uint8Array | undefined> {
  return (await cache.getMany([key])).get(key)?.bytes;
}

describe("a removal", () => {
  it.each([
    ["a value", value],
    ["known absence", Uint8Array.of(entryKind.absence)],
    ["a lease", leaseBytes],
    ["an empty entry", new Uint8Array(0)],
  ])("takes %s away", async (_, bytes) => {
    const { cache, removed } = start();
    await cache.set("k", bytes, minuteMs);
    expect(await removed({ cacheKey: "k" })).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toBeUndefined();
  });

  it("that had no time to ask says nothing of its node, which is left alone after three missed deadlines", async () => {
    const { nodes, removed } = start(0);
    for (let missed = 0; missed < 3; missed += 1) {
      await clock.advance(1_000);
      nodes.failed("node", new AsideError("CACHE_TIMEOUT", "too slow"));
      expect(await removed({ cacheKey: "k" })).toEqual([]);
    }
    expect(nodes.usable("node")).toBe(false);
    await nodes.end();
  });

  it("is confirmed where nothing stands", async () => {
    expect(await start().removed({ cacheKey: "k" })).toEqual(["k"]);
  });

  it("takes its own hold away in one step when its token is known", async () => {
    const { cache, removed } = start();
    const hold = newHoldBytes();
    const token = await cache.set("k", hold, minuteMs);
    expect(await removed({ cacheKey: "k", hold, token })).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toBeUndefined();
    expect(cache.calls.delete).toBe(1);
  });

  it("finds its own hold by its id when the token is not known", async () => {
    const { cache, removed } = start();
    const hold = newHoldBytes();
    await cache.set("k", hold, minuteMs);
    expect(await removed({ cacheKey: "k", hold })).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toBeUndefined();
  });

  it("leaves the hold of another writer, which hides the old value already", async () => {
    const { cache, removed } = start();
    const other = newHoldBytes();
    await cache.set("k", other, minuteMs);
    expect(await removed({ cacheKey: "k", hold: newHoldBytes() })).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toEqual(Uint8Array.from(other));
  });

  it("neither removes nor confirms an entry of a kind that this version does not know", async () => {
    const { cache, removed } = start();
    await cache.set("k", Uint8Array.of(0x7a), minuteMs);
    const removing = removed({ cacheKey: "k" });
    expect(await removing).toEqual([]);
    expect(await bytesAt(cache, "k")).toEqual(Uint8Array.of(0x7a));
  });

  it("looks again when the entry changed between the look and the delete", async () => {
    // remover: sees a lease | reader: fills an old value | remover: deletes by the lease's token, in vain
    const { cache, removed } = start();
    const lease = await cache.set("k", leaseBytes, minuteMs);
    const deleting = cache.stopNext("delete", "request");
    const removing = removed({ cacheKey: "k" });
    await deleting.reached;
    await cache.compareAndSet("k", value, minuteMs, lease);
    deleting.go();
    expect(await removing).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toBeUndefined();
  });

  it("goes on over a new connection when one breaks, by looking and not by sending again", async () => {
    const { cache, removed } = start();
    await cache.set("k", value, minuteMs);
    const deleting = cache.stopNext("delete", "request");
    const removing = removed({ cacheKey: "k" });
    await deleting.reached;
    cache.cut();
    cache.restore();
    deleting.fail(new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(await removing).toEqual(["k"]);
    expect(await bytesAt(cache, "k")).toBeUndefined();
  });

  it("confirms the keys that it removed and not the others", async () => {
    const { cache, removed } = start();
    await cache.set("a", value, minuteMs);
    await cache.set("b", Uint8Array.of(0x7a), minuteMs);
    expect(await removed({ cacheKey: "a" }, { cacheKey: "b" }, { cacheKey: "c" })).toEqual(
      expect.arrayContaining(["a", "c"]),
    );
    expect(await bytesAt(cache, "a")).toBeUndefined();
  });

  it("confirms nothing when the node cannot be reached, and says so at once", async () => {
    const { cache, removed } = start();
    cache.cut();
    expect(await removed({ cacheKey: "k" })).toEqual([]);
  });

  it("confirms nothing when the node does not answer, after one deadline in all", async () => {
    const { cache, removed } = start();
    await cache.set("k", value, minuteMs);
    cache.stopNext("getMany", "request");
    let result: string[] | undefined;
    const removing = removed({ cacheKey: "k" }).then((keys) => {
      result = keys;
    });
    await clock.advance(249);
    expect(result).toBeUndefined();
    await clock.advance(1);
    await removing;
    expect(result).toEqual([]);
  });
});
