import { describe, expect, it } from "@jest/globals";
import type { StoreEvent } from "../backend/observer.js";
import { AsideError } from "../errors/aside-error.js";
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
    }),
  };
  return setting;
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

  it("is left alone at once when its connection broke, and asked again after a growing pause", async () => {
    const { nodes, clock } = start();
    nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(nodes.usable(onlyNode)).toBe(false);
    await clock.advance(100);
    expect(nodes.usable(onlyNode)).toBe(true);
    nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    await clock.advance(99);
    expect(nodes.usable(onlyNode)).toBe(false);
    await clock.advance(101);
    expect(nodes.usable(onlyNode)).toBe(true);
  });

  it("is left alone for one short pause when many operations fail with one connection", async () => {
    const { nodes, clock, events } = start();
    await nodes.believe(onlyNode, 250);
    for (let operation = 0; operation < 5; operation += 1) {
      nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    }
    expect(events.map(({ type }) => type)).toEqual(["node-believed", "node-closed"]);
    await clock.advance(100);
    expect(nodes.usable(onlyNode)).toBe(true);
    expect(nodes.believed(onlyNode)).toBeUndefined();
  });

  it("is left alone after three missed deadlines in a row, and must be cleaned again", async () => {
    const { nodes, clock } = start();
    await nodes.believe(onlyNode, 250);
    const miss = async (): Promise<void> => {
      nodes.failed(onlyNode, new AsideError("CACHE_TIMEOUT", "late"));
      await clock.advance(250);
    };
    await miss();
    await miss();
    nodes.succeeded(onlyNode);
    await miss();
    await miss();
    expect(nodes.believed(onlyNode)).toBeDefined();
    nodes.failed(onlyNode, new AsideError("CACHE_TIMEOUT", "late"));
    expect(nodes.usable(onlyNode)).toBe(false);
    await clock.advance(1_000);
    expect(nodes.believed(onlyNode)).toBeUndefined();
  });

  it("counts operations that miss one deadline together as one miss", async () => {
    const { nodes } = start();
    for (let i = 0; i < 5; i += 1) nodes.failed(onlyNode, new AsideError("CACHE_TIMEOUT", "late"));
    expect(nodes.usable(onlyNode)).toBe(true);
  });

  it("is not left alone for an error that says nothing about reaching it", async () => {
    const { nodes } = start();
    nodes.failed(onlyNode, new AsideError("INVALID_VALUE", "too large"));
    nodes.failed(onlyNode, new TypeError("a defect"));
    expect(nodes.usable(onlyNode)).toBe(true);
  });

  it("is not believed when it was closed while it was cleaned", async () => {
    // cleaning reads the log | node closed | a writer finds it closed and only logs its key | cleaning ends, key not seen
    const setting = start();
    let cleaned!: (clean: boolean) => void;
    setting.clean = () =>
      new Promise((resolve) => {
        cleaned = resolve;
      });
    const believing = setting.nodes.believe(onlyNode, 250);
    await setting.clock.advance(0);
    setting.nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    cleaned(true);
    expect(await believing).toBeUndefined();
    expect(setting.nodes.believed(onlyNode)).toBeUndefined();
  });

  it("is never left alone for more than a second", async () => {
    const { nodes, clock } = start();
    for (let i = 0; i < 20; i += 1) nodes.failed(onlyNode, new AsideError("CACHE_UNAVAILABLE", "down"));
    await clock.advance(1_000);
    expect(nodes.usable(onlyNode)).toBe(true);
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
});
