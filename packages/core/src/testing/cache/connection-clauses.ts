import assert from "node:assert/strict";
import { type ConnectedCacheBackend, isConnected } from "../../backend/connected-cache-backend.js";
import { expectCode } from "../expect-code.js";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

/** The ability to be told about connections, where it is claimed; its absence otherwise. */
export function cacheConnectionClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  const openConnected = async (): Promise<ConnectedCacheBackend> => {
    const cache = await harness.open();
    assert.ok(isConnected(cache), "the harness claims a connected backend");
    return cache;
  };

  describe("connections", () => {
    if (harness.connected !== true) {
      it("it does not have the ability it does not claim, and its tokens name no connection", async () => {
        await using cache = await harness.open();
        assert.equal(isConnected(cache), false);
        const token = await cache.set(harness.freshKey(), bytesOf("v"), longTtlMs);
        assert.equal(token.connection, 0);
      });
      return;
    }

    it("a key's partition is always the same", async () => {
      await using cache = await openConnected();
      for (let round = 0; round < 20; round += 1) {
        const key = harness.freshKey();
        const partition = cache.partitionOf(key);
        await cache.connect(partition);
        assert.equal(cache.partitionOf(key), partition);
      }
    });

    it("a key's partition is one of the partitions, which are all different", async () => {
      await using cache = await openConnected();
      assert.ok(cache.partitions.length > 0);
      assert.equal(new Set(cache.partitions).size, cache.partitions.length);
      for (let round = 0; round < 20; round += 1) {
        assert.ok(cache.partitions.includes(cache.partitionOf(harness.freshKey())));
      }
    });

    it("two clients agree on the partition of a key", async () => {
      await using first = await openConnected();
      await using second = await openConnected();
      for (let round = 0; round < 20; round += 1) {
        const key = harness.freshKey();
        assert.equal(first.partitionOf(key), second.partitionOf(key));
      }
    });

    it("after connect there is a connection, and connecting again keeps it", async () => {
      await using cache = await openConnected();
      const partition = cache.partitionOf(harness.freshKey());
      const connection = await cache.connect(partition);
      assert.ok(connection > 0);
      assert.equal(cache.connection(partition), connection);
      assert.equal(await cache.connect(partition), connection);
    });

    it("connecting many times at once gives one connection", async () => {
      await using cache = await openConnected();
      const partition = cache.partitionOf(harness.freshKey());
      const connections = await Promise.all(Array.from({ length: 10 }, () => cache.connect(partition)));
      assert.equal(new Set(connections).size, 1);
    });

    it("an operation connects by itself, and its tokens name the connection they came over", async () => {
      await using cache = await openConnected();
      const key = harness.freshKey();
      const added = won(await cache.add(key, bytesOf("1"), longTtlMs));
      const connection = cache.connection(cache.partitionOf(key));
      assert.ok(connection > 0);
      assert.equal(added.connection, connection);
      assert.equal((await lookUp(cache, key))?.token.connection, connection);
      assert.equal((await cache.set(key, bytesOf("2"), longTtlMs)).connection, connection);
    });

    it("a token of another connection neither stores nor deletes", async () => {
      await using cache = await openConnected();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("mine"), longTtlMs));
      const foreign = { ...token, connection: token.connection + 1_000_000 };
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, foreign), undefined);
      assert.equal(await cache.delete(key, foreign), false);
      assert.equal(Buffer.from((await lookUp(cache, key))?.bytes ?? []).toString(), "mine");
    });

    it("once closed there is no connection, and connect rejects with CLOSED", async () => {
      const cache = await openConnected();
      const partition = cache.partitionOf(harness.freshKey());
      await cache.connect(partition);
      await cache.close();
      assert.equal(cache.connection(partition), 0);
      await expectCode(cache.connect(partition), "CLOSED");
    });
  });
}
