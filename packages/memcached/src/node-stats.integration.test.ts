import assert from "node:assert/strict";
import { startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { describe, it } from "@jest/globals";
import { bytesOf, connected, longTtlMs, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { openMemcachedCache } from "./memcached-cache.js";
import { openMemjsCache } from "./memjs-cache.js";
import type { NodeStats } from "./node-stats.js";

describeWithServers(["memcached"], "stats of a node", () => {
  describe.each([
    { name: "MemcachedCache", open: openMemcachedCache },
    { name: "MemjsCache", open: openMemjsCache },
  ])("$name", ({ open }) => {
    it("are asked for without connecting, and say so", async () => {
      await using server = await startMemcached();
      await using cache = open({ servers: [server.address, "127.0.0.1:1"] });
      assert.deepEqual(await cache.stats(), [
        { ...nothing, partition: server.address },
        { ...nothing, partition: "127.0.0.1:1" },
      ]);
      await expectCode(cache.connect("127.0.0.1:1"), "CACHE_UNAVAILABLE");
      await cache.connect(server.address);
      const [up, down] = await cache.stats();
      assert.deepEqual(
        { connected: up?.connected, connections: up?.connections, failedConnections: up?.failedConnections },
        { connected: true, connections: 1, failedConnections: 0 },
      );
      // What was handed to the socket that was refused counts as sent.
      const bytesSent = down?.bytesSent ?? 0;
      assert.deepEqual(down, { ...nothing, partition: "127.0.0.1:1", failedConnections: 1, bytesSent });
    });

    it("have hits, misses, entries and evictions from the server, and bytes, and no key", async () => {
      await using server = await startMemcached({ memoryMb: 1, args: ["-I", "512k"] });
      await using cache = open({ servers: server.address, timeoutMs: 10_000 });
      const kilobytes = new Uint8Array(8_000);
      for (let n = 0; n < 1_000; n += 1) await cache.set(`a-secret-${n}`, kilobytes, longTtlMs);
      await cache.getMany(["a-secret-999", "nothing-1", "nothing-2"]);
      const [stats] = await cache.stats();
      assert.ok(stats?.server !== undefined);
      const { hits, evictions, entries, bytes, maxBytes, connections } = stats.server;
      assert.equal(hits, 1);
      assert.ok(stats.server.misses >= 2);
      assert.ok(evictions > 0, "what does not fit goes");
      assert.ok(entries > 0 && entries < 1_000 && bytes > 0 && bytes < 8_000_000);
      assert.equal(maxBytes, 1024 * 1024);
      assert.ok(connections >= 1);
      assert.ok(stats.bytesSent > 8_000_000 && stats.bytesSent < 9_000_000);
      assert.ok(stats.bytesReceived > 8_000 && stats.bytesReceived < 200_000);
      assert.doesNotMatch(JSON.stringify(stats), /secret|nothing/);
    });

    it("count the calls that missed their deadline, and what was refused for its size, over connections that come and go", async () => {
      await using server = await startMemcached();
      await using cache = open({ servers: server.address, timeoutMs: 60, maxReconnectDelayMs: 1 });
      await cache.set("k", bytesOf("v"), longTtlMs);
      const before = (await cache.stats())[0] as NodeStats;
      await expectCode(
        cache.set("k", new Uint8Array(cache.limits.maxValueBytes + 1), longTtlMs),
        "INVALID_VALUE",
      );
      await server.pause();
      await Promise.allSettled([cache.getMany(["k"]), cache.getMany(["l"]), cache.set("m", bytesOf("v"), 1)]);
      await until(() => cache.connection(server.address) === 0);
      const paused = (await cache.stats())[0] as NodeStats;
      assert.equal(paused.connected, false);
      assert.equal(paused.server, undefined);
      // The first that is late may end the connection under those that would have been late a moment later.
      assert.ok(paused.timeouts >= 1 && paused.timeouts <= 3, `${paused.timeouts} timeouts`);
      assert.ok(paused.bytesSent > before.bytesSent);
      server.resume();
      await connected(cache, server.address);
      const after = (await cache.stats())[0] as NodeStats;
      assert.equal(after.connected, true);
      assert.ok(after.connections >= 2);
      assert.equal(after.refusedEntries, 1);
      assert.ok(after.bytesReceived > before.bytesReceived);
    });
  });
});

const nothing: Omit<NodeStats, "partition"> = {
  connected: false,
  connections: 0,
  failedConnections: 0,
  timeouts: 0,
  bytesSent: 0,
  bytesReceived: 0,
  refusedEntries: 0,
  maxValueBytes: 1024 * 1024 - 512,
  server: undefined,
};
