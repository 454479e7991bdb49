import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "@jest/globals";
import type { StoreEvent } from "../backend/observer.js";
import { AsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ConnectedMemoryCache, onlyNode } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { CacheNodes } from "./cache-nodes.js";

interface Setting {
  readonly cache: ConnectedMemoryCache;
  readonly clock: ManualClock;
  readonly nodes: CacheNodes;
  readonly events: StoreEvent[];
  /** What cleaning does; counts its calls. */
  clean: () => Promise<boolean>;
  cleaned: number;
}

function start(): Setting {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const events: StoreEvent[] = [];
  const observer = { active: true, emit: (event: StoreEvent) => void events.push(event) };
  const setting: Setting = {
    cache,
    clock,
    events,
    clean: async () => true,
    cleaned: 0,
    nodes: new CacheNodes({
      cache,
      clock,
      observer,
      clean: () => {
        setting.cleaned += 1;
        return setting.clean();
      },
      longestPauseMs: 1_000,
    }),
  };
  return setting;
}

const lost = new AsideError("CACHE_UNAVAILABLE", "connection lost");

/** A cleaning that ends when the test says so. */
function stopCleaning(setting: Setting): { end(clean: boolean): Promise<void> } {
  let answer!: (clean: boolean) => void;
  setting.clean = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  return {
    async end(clean) {
      answer(clean);
      await setting.clock.advance(0);
    },
  };
}

describe("a cache node", () => {
  it("is not believed before it has been cleaned", async () => {
    const { nodes, events } = start();
    expect(nodes.believed(onlyNode)).toBeUndefined();
    const connection = await nodes.believe(onlyNode, 250);
    expect(connection).toBeGreaterThan(0);
    expect(nodes.believed(onlyNode)).toBe(connection);
    expect(events.map(({ type }) => type)).toEqual(["node-believed"]);
  });

  it("is cleaned once for all who ask meanwhile", async () => {
    const setting = start();
    await Promise.all([setting.nodes.believe(onlyNode, 250), setting.nodes.believe(onlyNode, 250)]);
    expect(setting.cleaned).toBe(1);
  });

  it("is not believed over a connection that replaced the one it was cleaned over", async () => {
    // node cut off | a writer logs the key | node comes back with the old value | a reader asks before the relay came by
    const setting = start();
    await setting.nodes.believe(onlyNode, 250);
    setting.cache.cut();
    setting.cache.restore();
    await setting.cache.connect();
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
    await setting.nodes.believe(onlyNode, 250);
    expect(setting.cleaned).toBe(2);
  });

  it("is not believed when the connection broke while it was cleaned", async () => {
    const setting = start();
    setting.clean = async () => {
      setting.cache.cut();
      setting.cache.restore();
      await setting.cache.connect();
      return true;
    };
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
  });

  it("is not believed while not all of its rows were delivered", async () => {
    const setting = start();
    setting.clean = async () => false;
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
  });

  it("stays unbelieved while the database cannot be read, and is tried again after a pause", async () => {
    const setting = start();
    setting.clean = () => Promise.reject(new AsideError("DATABASE_UNAVAILABLE", "down"));
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.nodes.usable(onlyNode)).toBe(false);
    setting.clean = async () => true;
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.cleaned).toBe(1);
    await setting.clock.advance(100);
    expect(await setting.nodes.believe(onlyNode, 250)).toBeGreaterThan(0);
  });

  it("keeps one caller waiting for a slow cleaning, for its deadline, and the next not at all", async () => {
    const setting = start();
    setting.clean = () => new Promise(() => undefined);
    const first = setting.nodes.believe(onlyNode, 250);
    await setting.clock.advance(250);
    expect(await first).toBeUndefined();
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
  });

  it("is left alone at once when its connection broke, and must be cleaned again", async () => {
    const { nodes, clock } = start();
    await nodes.believe(onlyNode, 250);
    nodes.failed(onlyNode, lost);
    expect(nodes.usable(onlyNode)).toBe(false);
    expect(nodes.believed(onlyNode)).toBeUndefined();
    await clock.advance(100);
    expect(nodes.usable(onlyNode)).toBe(true);
    expect(nodes.believed(onlyNode)).toBeGreaterThan(0);
  });

  it("is left alone for one short pause when many operations fail with one connection", async () => {
    const { nodes, clock, events } = start();
    await nodes.believe(onlyNode, 250);
    for (let operation = 0; operation < 5; operation += 1) nodes.failed(onlyNode, lost);
    expect(events.map(({ type }) => type)).toEqual(["node-believed", "breaker-opened"]);
    await clock.advance(100);
    expect(nodes.usable(onlyNode)).toBe(true);
  });

  it("is not believed when it was left alone while it was cleaned", async () => {
    // cleaning reads the log | node left alone | a writer finds it so and only logs its key | cleaning ends, key not seen
    const setting = start();
    const cleaning = stopCleaning(setting);
    const believing = setting.nodes.believe(onlyNode, 250);
    await setting.clock.advance(0);
    setting.nodes.failed(onlyNode, lost);
    await cleaning.end(true);
    expect(await believing).toBeUndefined();
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
  });

  it("no longer vouches for a token once the connection it came from is gone", async () => {
    const { nodes, cache } = start();
    const token = await cache.set("k", Uint8Array.of(1), 1_000);
    expect(nodes.connectionStands("k", token)).toBe(true);
    cache.restart();
    expect(nodes.connectionStands("k", token)).toBe(false);
    await cache.connect();
    expect(nodes.connectionStands("k", token)).toBe(false);
  });

  it("is left alone when it cannot be connected within a second", async () => {
    const { nodes, clock, cache } = start();
    cache.connect = () => new Promise(() => undefined);
    const believing = nodes.believe(onlyNode, 250);
    await clock.advance(999);
    expect(await believing).toBeUndefined();
    expect(nodes.usable(onlyNode)).toBe(true);
    await clock.advance(1);
    expect(nodes.usable(onlyNode)).toBe(false);
  });

  it("is not cleaned any more once the store is closed", async () => {
    const setting = start();
    await setting.nodes.end();
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.cleaned).toBe(0);
  });

  it("tells its state in the words of a breaker", async () => {
    const setting = start();
    const { nodes, clock, cache } = setting;
    const state = (): unknown => nodes.states()[0];
    expect(nodes.states()).toEqual([{ partition: onlyNode, state: "closed", believed: false }]);
    await nodes.believe(onlyNode, 250);
    expect(state()).toMatchObject({ state: "closed", believed: true });
    cache.cut();
    expect(state()).toMatchObject({ state: "closed", believed: false });
    nodes.failed(onlyNode, lost);
    expect(state()).toMatchObject({ state: "open", believed: false });
    cache.restore();
    stopCleaning(setting);
    await clock.advance(100);
    expect(state()).toMatchObject({ state: "half-open", believed: false });
  });
});

describe("the probe of a node that failed", () => {
  it("runs when the pause is over, though nobody asks", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    await setting.clock.advance(100);
    expect(setting.nodes.believed(onlyNode)).toBeGreaterThan(0);
  });

  it("is waited for by no reader, and lets no writer in, until it has succeeded", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    expect(setting.cleaned).toBe(1);
    // Without a timer of its own this resolves only because nobody waits: the clock stands still.
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.nodes.usable(onlyNode)).toBe(false);
    expect(setting.cleaned).toBe(1);
    await cleaning.end(true);
    expect(setting.nodes.usable(onlyNode)).toBe(true);
  });

  it("cleans once more after writers are let in again, before the node is believed", async () => {
    // probe: reads the log | writer: finds the node left alone, only logs its key, commits | probe: succeeds | reader: takes the old value
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    await cleaning.end(true);
    expect(setting.cleaned).toBe(2);
    expect(setting.nodes.usable(onlyNode)).toBe(true);
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    await cleaning.end(true);
    expect(setting.nodes.believed(onlyNode)).toBeGreaterThan(0);
    expect(setting.cleaned).toBe(2);
  });

  it("is repeated after growing pauses while it fails, and tells of the outage once", async () => {
    const { nodes, clock, cache, events } = start();
    cache.cut();
    nodes.failed(onlyNode, lost);
    let probes = 0;
    const connect = cache.connect.bind(cache);
    cache.connect = () => {
      probes += 1;
      return connect();
    };
    await clock.advance(10_000);
    expect(probes).toBeGreaterThanOrEqual(12);
    expect(probes).toBeLessThanOrEqual(24);
    expect(events.map(({ type }) => type)).toEqual(["breaker-opened"]);
    cache.restore();
    await clock.advance(1_000);
    expect(nodes.usable(onlyNode)).toBe(true);
  });

  it("fails while the database cannot be read", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    setting.clean = () => Promise.reject(new AsideError("DATABASE_UNAVAILABLE", "down"));
    await setting.clock.advance(100);
    expect(setting.cleaned).toBe(1);
    expect(setting.nodes.usable(onlyNode)).toBe(false);
  });

  it("fails when not all rows were delivered", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    setting.clean = async () => false;
    await setting.clock.advance(100);
    expect(setting.nodes.usable(onlyNode)).toBe(false);
  });

  it("is not disturbed by operations of the time before, whatever becomes of them", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    setting.nodes.failed(onlyNode, lost);
    await cleaning.end(true);
    await cleaning.end(true);
    expect(setting.nodes.believed(onlyNode)).toBeGreaterThan(0);
  });

  it("believes nothing when the node fails again while it cleans for the second time", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    await cleaning.end(true);
    setting.nodes.failed(onlyNode, lost);
    await cleaning.end(true);
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
    expect(setting.nodes.usable(onlyNode)).toBe(false);
    expect(setting.clock.pendingTimers).toBe(1);
    setting.clean = async () => true;
    await setting.clock.advance(200);
    expect(setting.nodes.believed(onlyNode)).toBeGreaterThan(0);
  });

  it("believes nothing over a connection that was replaced meanwhile", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    await cleaning.end(true);
    setting.cache.cut();
    setting.cache.restore();
    await setting.cache.connect();
    await cleaning.end(true);
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
  });

  it("waits for a cleaning that the outage overtook: there is one at a time", async () => {
    const setting = start();
    const cleaning = stopCleaning(setting);
    const believing = setting.nodes.believe(onlyNode, 250);
    await setting.clock.advance(0);
    setting.nodes.failed(onlyNode, lost);
    await setting.clock.advance(100);
    expect(setting.cleaned).toBe(1);
    expect(setting.nodes.states()[0]).toMatchObject({ state: "half-open" });
    await cleaning.end(true);
    expect(await believing).toBeUndefined();
    expect(setting.cleaned).toBe(2);
    await cleaning.end(true);
    expect(await setting.nodes.believe(onlyNode, 250)).toBeUndefined();
    expect(setting.cleaned).toBe(3);
  });

  it("runs outside of the caller's asynchronous context", async () => {
    const setting = start();
    const transaction = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    setting.clean = async () => {
      seen.push(transaction.getStore());
      return true;
    };
    await transaction.run("first connection", () => setting.nodes.believe(onlyNode, 250));
    transaction.run("failure", () => setting.nodes.failed(onlyNode, lost));
    await transaction.run("passing time", () => setting.clock.advance(100));
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  it("is waited for when the store is closed, and is the last", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    let ended = false;
    const ending = setting.nodes.end().then(() => {
      ended = true;
    });
    await setting.clock.advance(1_000);
    expect(ended).toBe(false);
    await cleaning.end(false);
    await ending;
    expect(setting.clock.pendingTimers).toBe(0);
    expect(setting.cleaned).toBe(1);
  });

  it("does not go on to its second cleaning once the store is closed", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    const cleaning = stopCleaning(setting);
    await setting.clock.advance(100);
    const ending = setting.nodes.end();
    await cleaning.end(true);
    await ending;
    expect(setting.cleaned).toBe(1);
  });

  it("does not run any more once the store is closed", async () => {
    const setting = start();
    setting.nodes.failed(onlyNode, lost);
    await setting.nodes.end();
    expect(setting.clock.pendingTimers).toBe(0);
    setting.nodes.failed(onlyNode, lost);
    await setting.clock.advance(10_000);
    expect(setting.cleaned).toBe(0);
  });

  it("cleans a cache without connections in the same way", async () => {
    const clock = new ManualClock();
    let cleaned = 0;
    const nodes = new CacheNodes({
      cache: new MemoryCache({ clock }),
      clock,
      observer: { active: false, emit: () => undefined },
      clean: async () => {
        cleaned += 1;
        return true;
      },
      longestPauseMs: 1_000,
    });
    const partition = nodes.partitionOf("k");
    await nodes.believe(partition, 250);
    nodes.failed(partition, lost);
    expect(nodes.states()).toEqual([{ partition, state: "open", believed: false }]);
    await clock.advance(100);
    expect(nodes.states()).toEqual([{ partition, state: "closed", believed: true }]);
    expect(cleaned).toBe(3);
  });
});
