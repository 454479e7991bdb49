import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import { assertSameBytes, bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

/** What `getMany` promises, and what the backend says of itself. */
export function cacheReadClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  describe("reads", () => {
    it("its name fits the invalidation log", async () => {
      await using cache = await harness.open();
      assert.match(cache.name, /^[A-Za-z0-9._-]{1,64}$/);
    });

    it("its limits are those of the claim, and sensible", async () => {
      await using cache = await harness.open();
      assert.equal(cache.limits.ttlStepMs, harness.ttlStepMs);
      assert.ok(cache.limits.maxKeyBytes >= 128);
      assert.ok(cache.limits.maxValueBytes >= 1_000);
    });

    it("a key that was never stored is a miss", async () => {
      await using cache = await harness.open();
      await expectBytes(cache, harness.freshKey(), undefined);
    });

    it("no keys give an empty result", async () => {
      await using cache = await harness.open();
      assert.equal((await cache.getMany([])).size, 0);
    });

    it("a hundred keys, every third stored, come back by their names", async () => {
      await using cache = await harness.open();
      const keys = Array.from({ length: 100 }, () => harness.freshKey());
      const stored = keys.filter((_, index) => index % 3 === 0);
      await Promise.all(stored.map((key) => cache.set(key, bytesOf(`value of ${key}`), longTtlMs)));
      const found = await cache.getMany(keys);
      assert.deepEqual([...found.keys()].sort(), [...stored].sort());
      for (const key of stored) assertSameBytes(found.get(key)?.bytes, bytesOf(`value of ${key}`));
    });

    it("a key asked for twice in one call is answered", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("v"), longTtlMs);
      const found = await cache.getMany([key, key]);
      assert.equal(found.size, 1);
      assertSameBytes(found.get(key)?.bytes, bytesOf("v"));
    });

    it("calls at the same time get each their own answer", async () => {
      await using cache = await harness.open();
      const keys = Array.from({ length: 40 }, () => harness.freshKey());
      await Promise.all(keys.map((key) => cache.set(key, bytesOf(key), longTtlMs)));
      await Promise.all(
        keys.map(async (key, index) => {
          const other = keys[(index + 1) % keys.length] as string;
          const found = await cache.getMany([key, harness.freshKey(), other]);
          assert.equal(found.size, 2);
          assertSameBytes(found.get(key)?.bytes, bytesOf(key));
          assertSameBytes(found.get(other)?.bytes, bytesOf(other));
        }),
      );
    });

    it("the tokens of a read of many keys are good for each of them", async () => {
      await using cache = await harness.open();
      const keys = [harness.freshKey(), harness.freshKey(), harness.freshKey()];
      for (const key of keys) await cache.set(key, bytesOf("old"), longTtlMs);
      const found = await cache.getMany(keys);
      for (const key of keys) {
        const token = won(found.get(key)?.token);
        assert.ok(await cache.compareAndSet(key, bytesOf("new"), longTtlMs, token));
        await expectBytes(cache, key, bytesOf("new"));
      }
    });

    it("reading does not change the token", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("old"), longTtlMs);
      const first = won((await lookUp(cache, key))?.token);
      await lookUp(cache, key);
      assert.ok(await cache.compareAndSet(key, bytesOf("new"), longTtlMs, first));
    });
  });
}
