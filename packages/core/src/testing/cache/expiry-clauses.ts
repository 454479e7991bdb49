import assert from "node:assert/strict";
import type { CacheBackend, CasToken } from "../../backend/cache-backend.js";
import { monotonicMs, pass } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

const dayMs = 24 * 3_600_000;

const stores: ReadonlyArray<{
  readonly name: string;
  store(cache: CacheBackend, key: string, ttlMs: number): Promise<CasToken | undefined>;
}> = [
  { name: "add", store: (cache, key, ttlMs) => cache.add(key, bytesOf("v"), ttlMs) },
  { name: "set", store: (cache, key, ttlMs) => cache.set(key, bytesOf("v"), ttlMs) },
  {
    name: "compareAndSet",
    store: async (cache, key, ttlMs) => {
      const token = won(await cache.add(key, bytesOf("before"), longTtlMs));
      return cache.compareAndSet(key, bytesOf("v"), ttlMs, token);
    },
  },
];

/** A ttl is kept to within one step of the backend's clock. */
export function cacheExpiryClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  // Two steps, since one is within the grain; half a second, since real time is not ours alone.
  const ttlMs = Math.max(2 * harness.ttlStepMs, 500);
  const marginMs = harness.clock === undefined ? 150 : 0;

  describe("expiry", () => {
    for (const { name, store } of stores) {
      it(`what ${name} stored lives for its ttl less a step at least, and a step more at most`, async () => {
        await using cache = await harness.open();
        const key = harness.freshKey();
        const startMs = monotonicMs(harness);
        won(await store(cache, key, ttlMs));
        const storedMs = monotonicMs(harness);
        const lastLiveMs = startMs + ttlMs - harness.ttlStepMs - marginMs;
        await pass(harness, Math.max(0, lastLiveMs - monotonicMs(harness)));
        const entry = await lookUp(cache, key);
        // On a machine that stood still for the whole margin the early look says nothing.
        if (monotonicMs(harness) <= lastLiveMs + marginMs) assert.ok(entry, "it ended too early");
        await pass(
          harness,
          Math.max(0, storedMs + ttlMs + harness.ttlStepMs + marginMs - monotonicMs(harness)),
        );
        await expectBytes(cache, key, undefined);
      });
    }

    it("the ttl of the last store counts", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("short"), ttlMs);
      await cache.set(key, bytesOf("long"), longTtlMs);
      await pass(harness, ttlMs + harness.ttlStepMs + marginMs);
      await expectBytes(cache, key, bytesOf("long"));
    });

    it("an ended entry is no obstacle to add, and its token stores and deletes nothing", async () => {
      await using cache = await harness.open();
      const [key, other] = [harness.freshKey(), harness.freshKey()];
      const token = won(await cache.add(key, bytesOf("old"), ttlMs));
      const otherToken = won(await cache.add(other, bytesOf("old"), ttlMs));
      await pass(harness, ttlMs + harness.ttlStepMs + marginMs);
      assert.equal(await cache.compareAndSet(other, bytesOf("revived"), longTtlMs, otherToken), undefined);
      assert.equal(await cache.delete(other, otherToken), false);
      await expectBytes(cache, other, undefined);
      assert.ok(await cache.add(key, bytesOf("new"), longTtlMs));
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, token), undefined);
      await expectBytes(cache, key, bytesOf("new"));
    });

    it("a ttl of 40 days is not taken for an instant in the past, by no store", async () => {
      await using cache = await harness.open();
      const keys = stores.map(() => harness.freshKey());
      // Memcached reads anything over 30 days as Unix time.
      for (const [index, { store }] of stores.entries()) {
        won(await store(cache, keys[index] as string, 40 * dayMs));
      }
      for (const key of keys) await expectBytes(cache, key, bytesOf("v"));
      // Where time is ours, most of it; else two ticks, since what ended at once may be seen until the next one.
      await pass(harness, harness.clock === undefined ? 2 * harness.ttlStepMs : 29 * dayMs);
      for (const key of keys) await expectBytes(cache, key, bytesOf("v"));
    });

    it("a ttl below the step does not mean for ever, nor nothing, to no store", async () => {
      await using cache = await harness.open();
      const keys = stores.map(() => harness.freshKey());
      for (const [index, { store }] of stores.entries()) won(await store(cache, keys[index] as string, 1));
      await pass(harness, 1 + 2 * harness.ttlStepMs + marginMs);
      for (const key of keys) {
        await expectBytes(cache, key, undefined);
        assert.ok(await cache.add(key, bytesOf("next"), longTtlMs));
      }
    });
  });
}
