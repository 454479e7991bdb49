import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { startMemcached, startTcpProxy } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bytesOf, connected, longTtlMs, textAt, tokenAt, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { openMemcachedCache } from "./memcached-cache.js";
import { openMemjsCache } from "./memjs-cache.js";

const transports = [
  { name: "MemjsCache", open: openMemjsCache },
  { name: "MemcachedCache", open: openMemcachedCache },
] as const;

/** For calls that must succeed, on a machine with other work, beside short deadlines. */
const patiently = { timeoutMs: 5_000 };

describeWithServers(["memcached"], "when memcached or the network fails", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeAll(() => {
    process.on("unhandledRejection", note);
  });
  afterAll(async () => {
    await wait(50);
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
  });

  for (const { name, open } of transports) {
    describe(name, () => {
      it("after a reset in the middle of a reply no get returns a damaged value", async () => {
        await using server = await startMemcached();
        await using proxy = await startTcpProxy(server);
        await using direct = open({ servers: server.address });
        const partition = `127.0.0.1:${proxy.port}`;
        await using cache = open({ servers: partition, maxReconnectDelayMs: 1 });
        const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
        for (const key of keys) await direct.set(key, bytesOf(`THE-RIGHT-VALUE-OF-${key}`), longTtlMs);

        let values = 0;
        for (let bytes = 1; bytes <= 120; bytes += 1) {
          await connected(cache, partition);
          proxy.cutAfterBytes(bytes, "replies", bytes % 2 === 0 ? "reset" : "fin");
          const answers = await Promise.allSettled([
            ...keys.slice(0, 5).map((key) => cache.getMany([key])),
            cache.getMany(keys.slice(5)),
          ]);
          for (const answer of answers) {
            if (answer.status === "rejected")
              await expectCode(Promise.reject(answer.reason), "CACHE_UNAVAILABLE");
            else {
              for (const [key, entry] of answer.value) {
                assert.equal(Buffer.from(entry.bytes).toString(), `THE-RIGHT-VALUE-OF-${key}`);
                values += 1;
              }
            }
          }
          await connected(cache, partition);
          const found = await cache.getMany(keys);
          assert.equal(found.size, keys.length);
          for (const [key, entry] of found) {
            assert.equal(Buffer.from(entry.bytes).toString(), `THE-RIGHT-VALUE-OF-${key}`);
          }
        }
        assert.ok(values > 0);
      });

      it("a FIN with requests in flight settles them at once", async () => {
        await using server = await startMemcached();
        await using proxy = await startTcpProxy(server);
        await using cache = open({ servers: `127.0.0.1:${proxy.port}`, timeoutMs: 60_000 });
        await cache.connect(`127.0.0.1:${proxy.port}`);
        proxy.blackHole();
        const calls = [
          expectCode(cache.getMany(["a"]), "CACHE_UNAVAILABLE"),
          expectCode(cache.getMany(["a", "b"]), "CACHE_UNAVAILABLE"),
          expectCode(cache.set("a", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE"),
        ];
        await wait(20);
        proxy.dropConnections("fin");
        await Promise.all(calls);
      });

      it("a black hole ends by the deadline, again and again, and is over when it is over", async () => {
        await using server = await startMemcached();
        await using proxy = await startTcpProxy(server);
        const partition = `127.0.0.1:${proxy.port}`;
        await using cache = open({
          servers: partition,
          timeoutMs: 60,
          connectTimeoutMs: 60,
          maxReconnectDelayMs: 10,
        });
        await connected(cache, partition);
        await cache.set("k", bytesOf("before"), longTtlMs, patiently);
        proxy.blackHole();
        let timeouts = 0;
        for (let round = 0; round < 6; round += 1) {
          const results = await Promise.allSettled([
            cache.getMany(["k"]),
            cache.getMany(["k", "l"]),
            cache.set("k", bytesOf(`lost ${round}`), longTtlMs),
          ]);
          for (const result of results) {
            assert.equal(result.status, "rejected");
            const { code } = result.reason as { code: string };
            assert.ok(code === "CACHE_TIMEOUT" || code === "CACHE_UNAVAILABLE", code);
            if (code === "CACHE_TIMEOUT") timeouts += 1;
          }
        }
        assert.ok(timeouts > 0);
        await proxy.resume();
        await connected(cache, partition);
        await cache.set("k", bytesOf("after"), longTtlMs, patiently);
        const found = (await cache.getMany(["k"], patiently)).get("k")?.bytes;
        assert.equal(Buffer.from(found ?? []).toString(), "after");
      });

      it("a server that stands still fails all calls by their deadlines, and serves again afterwards", async () => {
        await using server = await startMemcached();
        await using cache = open({ servers: server.address, timeoutMs: 60, maxReconnectDelayMs: 10 });
        await connected(cache, server.address);
        const token = await cache.set("k", bytesOf("v"), longTtlMs, patiently);
        await server.pause();
        const calls = await Promise.allSettled(
          Array.from({ length: 500 }, (_, n) =>
            n % 2 === 0
              ? cache.getMany([`k${n}`])
              : cache.compareAndSet("k", bytesOf(`${n}`), longTtlMs, token),
          ),
        );
        assert.ok(calls.every(({ status }) => status === "rejected"));
        assert.equal(cache.connection(server.address), 0);
        server.resume();
        await connected(cache, server.address);
        await cache.set("k", bytesOf("after"), longTtlMs, patiently);
        const found = (await cache.getMany(["k"], patiently)).get("k")?.bytes;
        assert.equal(Buffer.from(found ?? []).toString(), "after");
      });

      it("an old token is refused after kill -9, although the counter of the new process comes to the same CAS", async () => {
        await using server = await startMemcached();
        await using cache = open({ servers: server.address, maxReconnectDelayMs: 1 });
        const old = await cache.set("k", bytesOf("lease of the old process"), longTtlMs);
        await server.restart();
        await connected(cache, server.address);
        const young = await cache.set("k", bytesOf("hold of the new process"), longTtlMs);
        // The same number of stores since the start: the server cannot tell the tokens apart.
        assert.deepEqual({ ...young, connection: 0 }, { ...old, connection: 0 });
        assert.equal(await cache.compareAndSet("k", bytesOf("stale"), longTtlMs, old), undefined);
        assert.equal(await cache.delete("k", old), false);
        assert.equal(await textAt(cache, "k"), "hold of the new process");
        // The other way round the server would have done it: the check is ours.
        assert.ok(
          await cache.compareAndSet("k", bytesOf("done"), longTtlMs, {
            ...old,
            connection: young.connection,
          }),
        );
      });

      it("a key of 251 bytes among 99 good ones fails alone", async () => {
        await using server = await startMemcached();
        await using cache = open({ servers: server.address });
        const connection = await cache.connect(server.address);
        const keys = Array.from({ length: 99 }, (_, n) => `k${n}`);
        await Promise.all(keys.map((key) => cache.set(key, bytesOf(key), longTtlMs)));
        const [bad, ...good] = await Promise.allSettled([
          cache.getMany(["k".repeat(251)]),
          ...keys.map((key) => textAt(cache, key)),
        ]);
        assert.equal(bad.status, "rejected");
        assert.deepEqual(
          good.map((result) => (result.status === "fulfilled" ? result.value : result.reason)),
          keys,
        );
        await expectCode(cache.getMany([...keys, "k".repeat(251)]), "INVALID_KEY");
        assert.equal((await cache.getMany(keys)).size, 99);
        assert.equal(cache.connection(server.address), connection);
      });

      it("a server that was started with -C is refused", async () => {
        await using server = await startMemcached({ args: ["-C"] });
        await using cache = open({ servers: server.address });
        await expectCode(cache.connect(server.address), "CONFIGURATION");
        await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
        assert.equal(cache.connection(server.address), 0);
      });

      it("an entry over the limit is refused before it is sent, and what stands there stays", async () => {
        await using server = await startMemcached({ args: ["-I", "1m"] });
        await using cache = open({ servers: server.address, timeoutMs: 2_000 });
        const key = "k".repeat(250);
        const hold = await cache.set(key, bytesOf("hold"), longTtlMs);
        const tooLarge = new Uint8Array(cache.limits.maxValueBytes + 1);
        await expectCode(cache.set(key, tooLarge, longTtlMs), "INVALID_VALUE");
        await expectCode(cache.add("other", tooLarge, longTtlMs), "INVALID_VALUE");
        await expectCode(cache.compareAndSet(key, tooLarge, longTtlMs, hold), "INVALID_VALUE");
        assert.equal(await textAt(cache, key), "hold");
        // The longest key with the largest value is what the server takes.
        assert.ok(await cache.compareAndSet(key, tooLarge.subarray(1), longTtlMs, hold));
        assert.equal((await cache.getMany([key])).get(key)?.bytes.byteLength, cache.limits.maxValueBytes);
      });

      it("the limit follows -I of the server", async () => {
        await using server = await startMemcached({ args: ["-I", "4m"] });
        await using cache = open({ servers: server.address, timeoutMs: 5_000 });
        await cache.connect(server.address);
        assert.equal(cache.limits.maxValueBytes, 4 * 1024 * 1024 - 512);
        const bytes = new Uint8Array(cache.limits.maxValueBytes).fill(7);
        await cache.set("large", bytes, longTtlMs);
        const found = (await cache.getMany(["large"])).get("large")?.bytes;
        assert.ok(found !== undefined && Buffer.compare(found, bytes) === 0);
      });

      it("answers that came while this process stood still count as in time", async () => {
        await using server = await startMemcached();
        await using cache = open({ servers: server.address, timeoutMs: 50, connectTimeoutMs: 5_000 });
        const connection = await cache.connect(server.address, { timeoutMs: 5_000 });
        await cache.set("k", bytesOf("v"), longTtlMs, { timeoutMs: 5_000 });
        const reading = textAt(cache, "k");
        await new Promise((resolve) => process.nextTick(resolve)); // it is written by now
        const startMs = performance.now();
        while (performance.now() < startMs + 150); // the deadline passes, the answer waits in the socket
        assert.equal(await reading, "v");
        assert.equal(cache.connection(server.address), connection);
      });

      it("a cache that lost its server many times leaves no socket behind", async () => {
        await using server = await startMemcached();
        await using proxy = await startTcpProxy(server);
        const partition = `127.0.0.1:${proxy.port}`;
        const cache = open({ servers: partition, maxReconnectDelayMs: 1 });
        for (let round = 0; round < 10; round += 1) {
          await connected(cache, partition);
          const calls = [cache.getMany(["a", "b"]), cache.set("a", bytesOf("v"), longTtlMs)];
          proxy.dropConnections(round % 2 === 0 ? "reset" : "fin");
          await Promise.allSettled(calls);
          await until(() => cache.connection(partition) === 0);
        }
        await connected(cache, partition);
        await tokenAt(cache, "a").catch(() => undefined);
        assert.equal(proxy.connections, 1);
        await cache.close();
        await until(() => proxy.connections === 0);
      });
    });
  }
});
