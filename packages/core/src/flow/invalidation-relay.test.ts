import { describe, expect, it } from "@jest/globals";
import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { StoreEvent } from "../backend/observer.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import { entryKind, kindOf, newHoldBytes } from "../entry/entry-kind.js";
import { AsideError } from "../errors/aside-error.js";
import { ConnectedMemoryCache, onlyNode } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { Background } from "./background.js";
import { BoundedCache } from "./bounded-cache.js";
import { BoundedLog } from "./bounded-log.js";
import { CacheNodes } from "./cache-nodes.js";
import { InvalidationRelay } from "./invalidation-relay.js";

/** Rows that others have committed. */
class Rows implements InvalidationLog {
  rows: InvalidationEntry[] = [];
  reads = 0;
  ageQueries = 0;
  ageMs = 7_000;
  down = false;
  hanging = false;

  async append(entries: readonly InvalidationEntry[]): Promise<void> {
    this.rows.push(...entries);
  }
  async read(cache: string, limit: number, afterId = ""): Promise<readonly InvalidationEntry[]> {
    this.reads += 1;
    if (this.hanging) return new Promise(() => undefined);
    if (this.down) throw new AsideError("DATABASE_UNAVAILABLE", "down");
    return this.rows
      .filter((row) => row.cache === cache && row.id > afterId)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }
  async remove(ids: readonly string[]): Promise<void> {
    this.rows = this.rows.filter(({ id }) => !ids.includes(id));
  }
  async oldestAgeMs(cache: string): Promise<number | undefined> {
    this.ageQueries += 1;
    return this.rows.some((row) => row.cache === cache) ? this.ageMs : undefined;
  }
}

interface Setting {
  readonly clock: ManualClock;
  readonly cache: ConnectedMemoryCache;
  readonly log: Rows;
  readonly nodes: CacheNodes;
  readonly events: StoreEvent[];
  readonly relay: InvalidationRelay;
  readonly background: Background;
}

function start(): Setting {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const log = new Rows();
  const background = new Background();
  const events: StoreEvent[] = [];
  const nodes = new CacheNodes({
    cache,
    clock,
    observer: { active: false, emit: () => undefined },
    clean: async () => true,
    longestPauseMs: 1_000,
  });
  const outside: Pick<TransactionScope, "outside"> = { outside: (work) => work() };
  const relay = new InvalidationRelay({
    cache: new BoundedCache(cache, clock),
    nodes,
    log: new BoundedLog(log, clock),
    transactions: outside as TransactionScope,
    clock,
    observer: { active: true, emit: (event) => void events.push(event) },
    background,
    delivered: () => undefined,
    pollMs: 1_000,
    maxBackoffMs: 4_000,
    cacheTimeoutMs: 250,
  });
  return { clock, cache, log, nodes, events, relay, background };
}

const value = Uint8Array.of(entryKind.value, 1);

describe("the relay", () => {
  it("removes logged keys from the cache and deletes their rows", async () => {
    const { cache, log, relay } = start();
    await cache.set("k", value, 60_000);
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    expect(await relay.deliver()).toBe(true);
    expect((await cache.getMany(["k"])).size).toBe(0);
    expect(log.rows).toEqual([]);
  });

  it("leaves a hold, which hides the old value already, and counts the row as delivered", async () => {
    const { cache, log, relay } = start();
    await cache.set("k", newHoldBytes(), 60_000);
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    expect(await relay.deliver()).toBe(true);
    expect(kindOf((await cache.getMany(["k"])).get("k")?.bytes ?? value)).toBe("hold");
    expect(log.rows).toEqual([]);
  });

  it("leaves rows of caches that it does not know", async () => {
    const { log, relay } = start();
    const foreign = { id: "1", cache: "another", key: "k" };
    await log.append([foreign]);
    expect(await relay.deliver()).toBe(true);
    expect(log.rows).toEqual([foreign]);
  });

  it("keeps rows that the cache did not confirm", async () => {
    const { cache, log, relay } = start();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    cache.cut();
    expect(await relay.clean(onlyNode, 10_000)).toBe(false);
    expect(log.rows).toHaveLength(1);
  });

  it("keeps a row that was committed while it delivered another one of the same key", async () => {
    const { cache, log, relay } = start();
    await cache.set("k", value, 60_000);
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    const deleting = cache.stopNext("delete", "reply");
    const delivering = relay.deliver();
    await deleting.reached;
    await log.append([{ id: "0", cache: cache.name, key: "k" }]);
    deleting.go();
    await delivering;
    expect(log.rows.map(({ id }) => id)).toEqual(["0"]);
  });

  it("delivers more rows than one page holds", async () => {
    const { cache, log, relay } = start();
    await log.append(
      Array.from({ length: 1_234 }, (_, i) => ({
        id: String(i).padStart(5, "0"),
        cache: cache.name,
        key: `k${i}`,
      })),
    );
    expect(await relay.deliver()).toBe(true);
    expect(log.rows).toEqual([]);
  });

  it("finds a row whose id lies before those that it has delivered", async () => {
    const { cache, log, relay } = start();
    await log.append([{ id: "9", cache: cache.name, key: "a" }]);
    await relay.deliver();
    await log.append([{ id: "1", cache: cache.name, key: "b" }]);
    await relay.deliver();
    expect(log.rows).toEqual([]);
  });

  it("keeps a row whose entry is of an unknown kind, and does not count it as undelivered", async () => {
    const { cache, log, relay } = start();
    await cache.set("odd", Uint8Array.of(0x7a), 60_000);
    await cache.set("k", value, 60_000);
    await log.append([
      { id: "1", cache: cache.name, key: "odd" },
      { id: "2", cache: cache.name, key: "k" },
    ]);
    expect(await relay.clean(onlyNode, 10_000)).toBe(true);
    expect(log.rows.map(({ key }) => key)).toEqual(["odd"]);
  });

  it("goes on after a read of the log that was never answered", async () => {
    const { log, relay, clock } = start();
    relay.start();
    log.hanging = true;
    await clock.advance(2_000);
    log.hanging = false;
    const before = log.reads;
    await clock.advance(30_000);
    expect(log.reads).toBeGreaterThan(before);
    relay.stop();
  });

  it("polls, goes on after the database was down, and waits longer between attempts meanwhile", async () => {
    const { cache, log, relay, clock, background } = start();
    await cache.set("k", value, 600_000);
    relay.start();
    log.down = true;
    await clock.advance(60_000);
    const whileDown = log.reads;
    expect(whileDown).toBeGreaterThan(10);
    expect(whileDown).toBeLessThan(25);
    log.down = false;
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    await clock.advance(6_000);
    expect(log.rows).toEqual([]);
    relay.stop();
    await background.idle();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a node that is left alone", () => {
  it("is not asked by a poll, and keeps its rows", async () => {
    const { cache, nodes, log, relay } = start();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(await relay.deliver()).toBe(false);
    expect(cache.calls.getMany).toBe(0);
    expect(log.rows).toHaveLength(1);
  });

  it("is asked by the cleaning that is part of its probe", async () => {
    const { cache, nodes, log, relay } = start();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(await relay.clean(onlyNode, 10_000)).toBe(true);
    expect(log.rows).toEqual([]);
  });
});

describe("a cleaning of more than a page", () => {
  async function startWithBacklog(): Promise<Setting> {
    const setting = start();
    const row = (i: number): InvalidationEntry => ({
      id: `${1_000 + i}`,
      cache: setting.cache.name,
      key: `k${i}`,
    });
    await setting.log.append(Array.from({ length: 600 }, (_, i) => row(i)));
    return setting;
  }

  it("that is cut short by a stop has not cleaned the node", async () => {
    const { relay } = await startWithBacklog();
    relay.stop();
    expect(await relay.clean(onlyNode, 10_000)).toBe(false);
  });

  it("ends when its time is over, and leaves the rest to the next one", async () => {
    const { log, relay } = await startWithBacklog();
    expect(await relay.clean(onlyNode, 0)).toBe(false);
    expect(log.rows).toHaveLength(100);
    expect(await relay.clean(onlyNode, 0)).toBe(true);
    expect(log.rows).toEqual([]);
  });
});

describe("the backlog", () => {
  it("is unknown before the first poll, and then what the last poll could not deliver", async () => {
    const { cache, log, relay, clock } = start();
    expect(relay.backlog).toBeUndefined();
    await log.append([
      { id: "1", cache: cache.name, key: "a" },
      { id: "2", cache: cache.name, key: "b" },
      { id: "3", cache: "another", key: "c" },
    ]);
    cache.cut();
    await relay.deliver();
    expect(relay.backlog).toEqual({ depth: 2, oldestAgeMs: 7_000, atMs: clock.nowMs() });
  });

  it("does not ask for the age while there are no rows", async () => {
    const { cache, log, relay, clock } = start();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    await relay.deliver();
    expect(relay.backlog).toEqual({ depth: 0, oldestAgeMs: 0, atMs: clock.nowMs() });
    expect(log.ageQueries).toBe(0);
  });

  it("is told at each poll while there is one, and once when it is gone", async () => {
    const { cache, log, relay, events } = start();
    await relay.deliver();
    expect(events).toEqual([]);
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    cache.cut();
    await relay.deliver();
    log.ageMs = 8_000;
    await relay.deliver();
    await log.remove(["1"]);
    await relay.deliver();
    await relay.deliver();
    const told = { type: "backlog", cache: cache.name };
    expect(events).toEqual([
      { ...told, depth: 1, oldestAgeMs: 7_000 },
      { ...told, depth: 1, oldestAgeMs: 8_000 },
      { ...told, depth: 0, oldestAgeMs: 0 },
    ]);
  });

  it("is none when its rows are gone by the time their age is asked for", async () => {
    const { cache, log, relay, events } = start();
    await log.append([{ id: "1", cache: cache.name, key: "k" }]);
    cache.cut();
    log.oldestAgeMs = async () => undefined;
    await relay.deliver();
    expect(relay.backlog).toMatchObject({ depth: 0, oldestAgeMs: 0 });
    expect(events).toEqual([]);
  });

  it("stands still while the database cannot be read", async () => {
    const { log, relay, clock } = start();
    await relay.deliver();
    const before = relay.backlog;
    await clock.advance(1_000);
    log.down = true;
    await expect(relay.deliver()).rejects.toThrow("down");
    expect(relay.backlog).toBe(before);
  });
});
