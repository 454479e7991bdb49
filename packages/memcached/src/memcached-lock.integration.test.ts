import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type LockProviderHarness, lockProviderContract } from "@aside/core/testing";
import { type MemcachedServer, startFragileServer, startMemcached, startTcpProxy } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { connected, until } from "../test-support/cache-calls.js";
import { openMemcachedCache } from "./memcached-cache.js";
import { MemcachedLock } from "./memcached-lock.js";
import { openMemjsCache } from "./memjs-cache.js";

const transports = [
  { transport: "MemcachedCache", openCache: openMemcachedCache },
  { transport: "MemjsCache", openCache: openMemjsCache },
];

for (const { transport, openCache } of transports)
  describeWithServers(["memcached"], `MemcachedLock over ${transport}`, () => {
    const servers: MemcachedServer[] = [];
    beforeAll(async () => {
      for (let n = 0; n < 2; n += 1) servers.push(await startMemcached());
    });
    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    const open: LockProviderHarness["open"] = async () => {
      const cache = openCache({ servers: servers.map(({ address }) => address), timeoutMs: 2_000 });
      return {
        locks: new MemcachedLock(cache, { timeoutMs: 2_000 }),
        [Symbol.asyncDispose]: () => cache.close(),
      };
    };
    lockProviderContract(
      { describe, it },
      {
        name: "MemcachedLock",
        fencing: false,
        ttlStepMs: 1_000,
        open,
        openSecond: open,
        async openFragile() {
          const fragile = await startFragileServer(await startMemcached());
          const cache = openCache({ servers: `127.0.0.1:${fragile.port}`, maxReconnectDelayMs: 10 });
          return {
            locks: new MemcachedLock(cache),
            deadlineMs: 500,
            kill: () => fragile.kill(),
            start: () => fragile.start(),
            silence: () => fragile.silence(),
            speak: () => fragile.speak(),
            async [Symbol.asyncDispose]() {
              await cache.close();
              await fragile[Symbol.asyncDispose]();
            },
          };
        },
        freshName: () => `lock ${randomUUID()}`,
      },
    );

    it("a lock outlives its connection: it is still taken, and its holder extends and releases it", async () => {
      const [server] = servers as [MemcachedServer];
      await using proxy = await startTcpProxy(server);
      const partition = `127.0.0.1:${proxy.port}`;
      await using cache = openCache({ servers: partition, maxReconnectDelayMs: 1 });
      const locks = new MemcachedLock(cache);
      const name = randomUUID();
      const lock = await locks.acquire(name, { ttlMs: 60_000, waitMs: 0 });
      assert.ok(lock !== undefined);
      for (const step of [() => lock.extend(60_000), () => lock.release()]) {
        proxy.dropConnections("reset");
        await until(() => cache.connection(partition) === 0);
        await connected(cache, partition);
        assert.equal(await locks.acquire(name, { ttlMs: 60_000, waitMs: 0 }), undefined);
        await step();
      }
      assert.equal(lock.signal.aborted, false);
      await using _next = await locks.acquire(name, { ttlMs: 60_000, waitMs: 0 });
      assert.ok(_next !== undefined);
    });

    it("a holder is told when its server forgot the lock, and leaves the lock of the next one alone", async () => {
      await using server = await startMemcached();
      await using cache = openCache({ servers: server.address, maxReconnectDelayMs: 1 });
      const locks = new MemcachedLock(cache);
      const lock = await locks.acquire("a", { ttlMs: 1_500, waitMs: 0 });
      assert.ok(lock !== undefined);
      await server.restart();
      await connected(cache, server.address);
      await using next = await locks.acquire("a", { ttlMs: 60_000, waitMs: 1_000 });
      assert.ok(next !== undefined, "memcached has forgotten it: two hold the lock for a moment");
      await wait(1_000);
      assert.equal(lock.signal.aborted, true, "a third of its ttl later it knows");
      await lock.release();
      assert.equal(await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 }), undefined);
    });

    it("a holder is told that its time is over before the next one gets the lock", async () => {
      await using opened = await open();
      for (let round = 0; round < 3; round += 1) {
        const name = randomUUID();
        const first = await opened.locks.acquire(name, { ttlMs: 1_000, waitMs: 0 });
        await using second = await opened.locks.acquire(name, { ttlMs: 60_000, waitMs: 5_000 });
        assert.ok(second !== undefined);
        assert.equal(first?.signal.aborted, true);
      }
    });

    it("a server that cannot be reached is no lock that is taken", async () => {
      await using cache = openCache({ servers: "127.0.0.1:1" });
      await assert.rejects(new MemcachedLock(cache).acquire("a", { ttlMs: 1_000, waitMs: 0 }), {
        code: "CACHE_UNAVAILABLE",
      });
    });
  });
