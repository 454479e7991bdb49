import { describe, expect, it } from "@jest/globals";
import type { InvalidationLog } from "../backend/invalidation-log.js";
import { entryKind } from "../entry/entry-kind.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import { ConnectedMemoryCache, onlyNode } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { type CacheLink, joinLink } from "./cache-link.js";

interface Setting {
  readonly clock: ManualClock;
  readonly cache: ConnectedMemoryCache;
  readonly log: InvalidationLog;
  readonly join: () => CacheLink;
}

const cacheTimeoutMs = 250;

function start(maxBackoffMs: number): Setting {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const transactions = new MemoryTransactions({ clock, log: true });
  const observer = { active: false, emit: () => undefined };
  const join = (): CacheLink =>
    joinLink({ cache, transactions, clock, observer, cacheTimeoutMs, pollMs: 1_000, maxBackoffMs });
  return { clock, cache, log: transactions.log as InvalidationLog, join };
}

describe("the link of a cache and a database", () => {
  it.each([1_000, 5_000])(
    "delivers the backlog of a process in which nobody reads or writes within a back-off of %i ms and one deadline after its node came back",
    async (maxBackoffMs) => {
      const { clock, cache, log, join } = start(maxBackoffMs);
      const link = join();
      await cache.set("k", Uint8Array.of(entryKind.value), 600_000);
      await log.append([{ id: "1", cache: cache.name, key: "k" }]);
      cache.cut();
      await clock.advance(60_000);
      expect(link.backlog()).toMatchObject({ depth: 1 });
      cache.restore();
      await clock.advance(maxBackoffMs + cacheTimeoutMs);
      expect(await log.read(cache.name, 1)).toEqual([]);
      expect((await cache.getMany(["k"])).size).toBe(0);
      await clock.advance(maxBackoffMs);
      expect(link.backlog()).toMatchObject({ depth: 0 });
      await link.release();
    },
  );

  it("probes a node more often where the longest back-off is short", async () => {
    const { clock, cache, join } = start(100);
    const link = join();
    let connects = 0;
    const connect = cache.connect.bind(cache);
    cache.connect = () => {
      connects += 1;
      return connect();
    };
    cache.cut();
    await link.nodes.believe(onlyNode, cacheTimeoutMs);
    await clock.advance(10_000);
    expect(connects).toBeGreaterThan(90);
    await link.release();
  });

  it("knows of no backlog before the relay's first poll", async () => {
    const { clock, join } = start(5_000);
    const link = join();
    expect(link.backlog()).toBeUndefined();
    await clock.advance(1_000);
    expect(link.backlog()).toEqual({ depth: 0, oldestAgeMs: 0, atMs: expect.any(Number) });
    await link.release();
  });

  it("waits for a probe under way when the last store gives it back, and leaves nothing behind", async () => {
    const { clock, cache, log, join } = start(5_000);
    const first = join();
    const last = join();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    cache.cut();
    await last.nodes.believe(onlyNode, cacheTimeoutMs);
    cache.restore();
    const looking = cache.stopNext("getMany", "request");
    await clock.advance(100);
    await looking.reached;
    await first.release();
    let released = false;
    const releasing = last.release().then(() => {
      released = true;
    });
    await clock.advance(0);
    expect(released).toBe(false);
    looking.go();
    await releasing;
    expect(clock.pendingTimers).toBe(0);
  });
});
