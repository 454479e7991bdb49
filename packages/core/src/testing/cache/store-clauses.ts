import assert from "node:assert/strict";
import type { CacheBackend, CasToken } from "../../backend/cache-backend.js";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

/** The ways in which a token can have become old while the key goes on holding something. */
const changes: ReadonlyArray<{
  readonly name: string;
  change(cache: CacheBackend, key: string, token: CasToken): Promise<CasToken | undefined>;
}> = [
  { name: "a set", change: (cache, key) => cache.set(key, bytesOf("other"), longTtlMs) },
  { name: "a set of the same bytes", change: (cache, key) => cache.set(key, bytesOf("mine"), longTtlMs) },
  {
    name: "a compareAndSet",
    change: (cache, key, token) => cache.compareAndSet(key, bytesOf("other"), longTtlMs, token),
  },
  {
    name: "a delete and an add",
    change: async (cache, key, token) => {
      assert.equal(await cache.delete(key, token), true);
      return cache.add(key, bytesOf("mine"), longTtlMs);
    },
  },
];

/** What the conditional stores and the delete by token promise. The protocol of core rests on these. */
export function cacheStoreClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  describe("stores", () => {
    it("add stores where there is nothing", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      assert.ok(await cache.add(key, bytesOf("first"), longTtlMs));
      await expectBytes(cache, key, bytesOf("first"));
    });

    it("add keeps the first value", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.add(key, bytesOf("first"), longTtlMs);
      assert.equal(await cache.add(key, bytesOf("second"), longTtlMs), undefined);
      await expectBytes(cache, key, bytesOf("first"));
    });

    it("a lost add leaves the token of the winner good", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("first"), longTtlMs));
      await cache.add(key, bytesOf("second"), longTtlMs);
      assert.ok(await cache.compareAndSet(key, bytesOf("third"), longTtlMs, token));
    });

    it("set replaces what stands, and stores where there is nothing", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("first"), longTtlMs);
      await expectBytes(cache, key, bytesOf("first"));
      await cache.set(key, bytesOf("second"), longTtlMs);
      await expectBytes(cache, key, bytesOf("second"));
    });

    it("compareAndSet with the standing token replaces", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("first"), longTtlMs);
      const token = won((await lookUp(cache, key))?.token);
      assert.ok(await cache.compareAndSet(key, bytesOf("second"), longTtlMs, token));
      await expectBytes(cache, key, bytesOf("second"));
    });

    for (const { name, change } of changes) {
      it(`after ${name} the old token neither stores nor deletes`, async () => {
        await using cache = await harness.open();
        const key = harness.freshKey();
        const old = won(await cache.add(key, bytesOf("mine"), longTtlMs));
        won(await change(cache, key, old));
        const standing = (await lookUp(cache, key))?.bytes;
        assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, old), undefined);
        assert.equal(await cache.delete(key, old), false);
        await expectBytes(cache, key, standing);
      });

      it(`${name} hands out the token of what it stored`, async () => {
        await using cache = await harness.open();
        const key = harness.freshKey();
        const old = won(await cache.add(key, bytesOf("mine"), longTtlMs));
        const token = won(await change(cache, key, old));
        assert.ok(await cache.compareAndSet(key, bytesOf("next"), longTtlMs, token));
        await expectBytes(cache, key, bytesOf("next"));
      });
    }

    it("a token is used up by its own compareAndSet", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("0"), longTtlMs));
      assert.ok(await cache.compareAndSet(key, bytesOf("1"), longTtlMs, token));
      assert.equal(await cache.compareAndSet(key, bytesOf("2"), longTtlMs, token), undefined);
      await expectBytes(cache, key, bytesOf("1"));
    });

    it("tokens follow one another along a chain of stores", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      let token = won(await cache.add(key, bytesOf("0"), longTtlMs));
      for (let step = 1; step <= 10; step += 1) {
        token = won(await cache.compareAndSet(key, bytesOf(String(step)), longTtlMs, token));
      }
      assert.equal(await cache.delete(key, token), true);
      await expectBytes(cache, key, undefined);
    });

    it("a token is good for its own key only", async () => {
      await using cache = await harness.open();
      const [mine, other] = [harness.freshKey(), harness.freshKey()];
      await cache.add(other, bytesOf("other"), longTtlMs);
      const token = won(await cache.add(mine, bytesOf("mine"), longTtlMs));
      assert.equal(await cache.compareAndSet(other, bytesOf("stale"), longTtlMs, token), undefined);
      assert.equal(await cache.delete(other, token), false);
      await expectBytes(cache, other, bytesOf("other"));
    });

    it("compareAndSet on a key that is gone stores nothing", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("mine"), longTtlMs));
      await cache.delete(key, token);
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, token), undefined);
      await expectBytes(cache, key, undefined);
    });

    it("delete by the standing token removes, once", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("mine"), longTtlMs));
      assert.equal(await cache.delete(key, token), true);
      await expectBytes(cache, key, undefined);
      assert.equal(await cache.delete(key, token), false);
    });

    it("add stores again after a delete", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.delete(key, won(await cache.add(key, bytesOf("mine"), longTtlMs)));
      assert.ok(await cache.add(key, bytesOf("again"), longTtlMs));
      await expectBytes(cache, key, bytesOf("again"));
    });
  });
}
