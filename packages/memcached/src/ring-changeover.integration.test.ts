import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  type ConnectedCacheBackend,
  isLeasing,
  MemoryPersistence,
  MemoryTransactions,
  TieredStore,
} from "@aside/core";
import { cacheBackendContract } from "@aside/core/testing";
import { type MemcachedServer, startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt } from "../test-support/cache-calls.js";
import { openMemcachedCache } from "./memcached-cache.js";
import { openMemjsCache } from "./memjs-cache.js";
import { RingChangeover } from "./ring-changeover.js";

/** Which list a process reads by, and which other one it knows, in the order of a changeover. */
const phases = [
  { serving: "old", other: undefined },
  { serving: "old", other: "young" },
  { serving: "young", other: "old" },
  { serving: "young", other: undefined },
] as const;
type Phase = (typeof phases)[number];

interface RingOptions {
  readonly servers: readonly string[];
  readonly timeoutMs: number;
}

const transports = [
  {
    transport: "MemcachedCache",
    openRing: (options: RingOptions) => openMemcachedCache(options),
    leasing: true,
  },
  { transport: "MemjsCache", openRing: (options: RingOptions) => openMemjsCache(options), leasing: false },
];

for (const { transport, openRing, leasing } of transports)
  describeWithServers(["memcached"], `RingChangeover over ${transport}`, () => {
    const servers: MemcachedServer[] = [];
    const lists: Record<"old" | "young", readonly string[]> = { old: [], young: [] };
    const persistence = new MemoryPersistence<number>({
      transactions: new MemoryTransactions({ log: true }),
    });
    beforeAll(async () => {
      for (let n = 0; n < 4; n += 1) servers.push(await startMemcached());
      const [a, b, c, d] = servers.map(({ address }) => address) as [string, string, string, string];
      lists.old = [a, b, c];
      lists.young = [b, `${c} 2`, d];
    });
    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    const ringOf = (list: "old" | "young", timeoutMs: number): ConnectedCacheBackend =>
      openRing({ servers: lists[list], timeoutMs });
    const cacheOf = ({ serving, other }: Phase, timeoutMs = 2_000): ConnectedCacheBackend =>
      other === undefined
        ? ringOf(serving, timeoutMs)
        : new RingChangeover({ serving: ringOf(serving, timeoutMs), other: ringOf(other, timeoutMs) });

    /** A process of the phase: a store with a cache of its own, on the common database. */
    function processOf(phase: Phase): { store: TieredStore<number>; end(): Promise<void> } {
      const cache = cacheOf(phase);
      const store = new TieredStore<number>({ name: "counts", cache, persistence, cacheTimeoutMs: 2_000 });
      return {
        store,
        async end() {
          await store.close();
          await cache.close();
        },
      };
    }

    /** A key that has another node on the young list than on the old one. */
    async function movingKeys(count: number): Promise<string[]> {
      await using old = ringOf("old", 1_000);
      await using young = ringOf("young", 1_000);
      const keys: string[] = [];
      while (keys.length < count) {
        const key = randomUUID();
        if (old.partitionOf(`counts:${key}`) !== young.partitionOf(`counts:${key}`)) keys.push(key);
      }
      return keys;
    }

    let keys = 0;
    const run = randomUUID();
    cacheBackendContract(
      { describe, it },
      {
        name: "memcached while its list is changed",
        ttlStepMs: 1000,
        connected: true,
        leasing,
        open: async () => cacheOf(phases[1]),
        openSecond: async () => cacheOf(phases[1]),
        freshKey: () => {
          keys += 1;
          return `contract:${run}:${keys}`;
        },
      },
    );

    it("gives every key that moves a second place, on the node of the other list, and the others none", async () => {
      await using cache = cacheOf(phases[1]) as RingChangeover;
      await using old = ringOf("old", 2_000);
      await using young = ringOf("young", 2_000);
      let moving = 0;
      for (let n = 0; n < 200; n += 1) {
        const key = `places:${run}:${n}`;
        const [place] = cache.otherPlacesOf(key);
        assert.equal(cache.partitionOf(key), old.partitionOf(key));
        if (place === undefined) assert.equal(young.partitionOf(key), old.partitionOf(key));
        else {
          moving += 1;
          await cache.set(key, bytesOf("here"), longTtlMs);
          const token = await cache.set(place, bytesOf("there"), longTtlMs);
          assert.equal(token.connection, cache.connection(cache.partitionOf(place)));
          assert.equal(await textAt(old, key), "here");
          assert.equal(await textAt(young, key), "there");
          assert.deepEqual([...(await cache.getMany([key, place])).keys()].sort(), [place, key].sort());
          assert.equal(await cache.delete(place, token), true);
          assert.equal(await textAt(young, key), undefined);
          assert.equal(await textAt(old, key), "here");
        }
      }
      assert.ok(moving > 20 && moving < 180, `${moving} of 200 keys move`);
    });

    /** How values change and are read: by row, or as what a loader gave under a tag. */
    const ways = {
      rows: {
        write: (store: TieredStore<number>, key: string, count: number) => store.set(key, count),
        read: (store: TieredStore<number>, key: string) => store.get(key),
      },
      tags: {
        write: (store: TieredStore<number>, key: string, count: number) => {
          loaded = count;
          return store.invalidateTags(key);
        },
        read: (store: TieredStore<number>, key: string) =>
          store.load(key, async () => loaded, { tags: [key] }),
      },
    };
    let loaded = 0;

    /** Reads and writes by turns in two processes side by side; gives the stale answers. */
    async function sideBySide(one: Phase, other: Phase, way: keyof typeof ways): Promise<number> {
      const processes = [processOf(one), processOf(other)];
      const { write, read } = ways[way];
      let stale = 0;
      for (const key of await movingKeys(20)) {
        for (let count = 1; count <= 4; count += 1) {
          await write(processes[count % 2]?.store as TieredStore<number>, key, count);
          for (const { store } of [...processes, ...processes]) {
            if ((await read(store, key)) !== count) stale += 1;
          }
        }
      }
      await Promise.all(processes.map(({ end }) => end()));
      return stale;
    }

    for (const way of ["rows", "tags"] as const) {
      it.each([
        [0, 1],
        [1, 2],
        [2, 3],
      ] as const)(
        `processes of two phases that follow each other read nothing stale: ${way}, %d and %d`,
        async (one, other) => {
          assert.equal(await sideBySide(phases[one], phases[other], way), 0);
        },
      );

      it.each([
        [0, 2],
        [1, 3],
        [0, 3],
      ] as const)(
        `a phase that is left out shows stale values, so the test can see them: ${way}, %d and %d`,
        async (one, other) => {
          assert.notEqual(await sideBySide(phases[one], phases[other], way), 0);
        },
      );
    }

    /** Takes three processes through the phases, one after the other, under load. */
    async function roll(
      through: readonly Phase[],
    ): Promise<{ readonly reads: number; readonly stale: number }> {
      const moving = await movingKeys(6);
      const acked = new Map(moving.map((key) => [key, 0]));
      await Promise.all(moving.map((key) => persistence.write(key, 0)));
      const fleet = [0, 1, 2].map(() => processOf(through[0] as Phase));
      let [reads, stale, writes, over] = [0, 0, 0, false];

      const read = async (): Promise<void> => {
        while (!over) {
          const key = pick(moving);
          const least = acked.get(key) as number;
          const value = await pick(fleet).store.get(key).catch(unlessClosed);
          if (value === refused) continue;
          reads += 1;
          if (value === undefined || value < least) stale += 1;
        }
      };
      // One writer for each key, so that what was acknowledged last is known.
      const write = async (key: string): Promise<void> => {
        for (let count = 1; !over; count += 1) {
          while ((await pick(fleet).store.set(key, count).catch(unlessClosed)) === refused);
          acked.set(key, count);
          writes += 1;
        }
      };
      const working = [...[1, 2, 3, 4].map(read), ...moving.map(write)];
      const someMore = async (): Promise<void> => {
        const enough = writes + 120;
        while (writes < enough) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      for (const phase of through.slice(1)) {
        for (let index = 0; index < fleet.length; index += 1) {
          await someMore();
          const before = fleet[index];
          fleet[index] = processOf(phase);
          await before?.end();
        }
      }
      await someMore();
      over = true;
      await Promise.all(working);
      await Promise.all(fleet.map(({ end }) => end()));
      return { reads, stale };
    }

    it("a rolling changeover under load shows no stale value", async () => {
      const { reads, stale } = await roll(phases);
      assert.equal(stale, 0);
      assert.ok(reads > 300, `${reads} reads`);
    });

    it("a rolling changeover without the other list shows stale values: the test can see them", async () => {
      let stale = 0;
      for (let attempt = 0; stale === 0 && attempt < 20; attempt += 1)
        stale = (await roll([phases[0], phases[3]])).stale;
      assert.notEqual(stale, 0);
    });

    it("a write goes on without a server of the other list, and its keys stand in the log until it is back", async () => {
      const [, , , lost] = servers as [MemcachedServer, MemcachedServer, MemcachedServer, MemcachedServer];
      const { store, end } = processOf(phases[1]);
      const onLost: string[] = [];
      await using young = ringOf("young", 1_000);
      for (const key of await movingKeys(200))
        if (young.partitionOf(`counts:${key}`) === lost.address) onLost.push(key);
      const key = onLost[0] as string;
      await store.set(key, 1);
      await lost.pause();
      await store.set(key, 2);
      const rows = async (): Promise<number> =>
        ((await persistence.transactions.log?.read("memcached", 100)) ?? []).filter(
          (row) => row.key === `counts:${key}`,
        ).length;
      assert.equal(await store.get(key), 2);
      assert.ok((await rows()) > 0);
      lost.resume();
      for (let attempt = 0; (await rows()) > 0; attempt += 1) {
        assert.ok(attempt < 400, "the row was never delivered");
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      await end();
    });
  });

/** What a process that is ending answers: another one of the fleet is asked then. */
const refused = -1;

function unlessClosed(error: unknown): typeof refused {
  assert.equal((error as { code?: string }).code, "CLOSED");
  return refused;
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}

describe("RingChangeover", () => {
  const open = (servers: string, name?: string): ConnectedCacheBackend => openMemjsCache({ servers, name });

  it("refuses two caches of different names, and one cache twice", () => {
    const one = open("a:1");
    assert.throws(() => new RingChangeover({ serving: one, other: open("a:1", "second") }), TypeError);
    assert.throws(() => new RingChangeover({ serving: one, other: one }), TypeError);
    assert.throws(() => new RingChangeover({ serving: one, other: {} as ConnectedCacheBackend }), TypeError);
  });

  it("has the ability to lease exactly where the serving list has it", () => {
    const plain = open("a:1");
    const leasing = Object.assign(open("b:1"), { getOrLease: async () => new Map() });
    assert.equal(isLeasing(new RingChangeover({ serving: plain, other: leasing })), false);
    assert.equal(isLeasing(new RingChangeover({ serving: leasing, other: plain })), true);
  });
});
