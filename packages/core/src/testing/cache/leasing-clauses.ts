import assert from "node:assert/strict";
import type { CacheBackend } from "../../backend/cache-backend.js";
import {
  isLeasing,
  type LeasedEntry,
  type LeasingCacheBackend,
} from "../../backend/leasing-cache-backend.js";
import { monotonicMs, pass } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { assertSameBytes, bytesOf, expectBytes, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

const noBytes = new Uint8Array(0);

/** The ability to take leases as it reads, where it is claimed; its absence otherwise. */
export function cacheLeasingClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  const openLeasing = async (): Promise<LeasingCacheBackend> => leasing(await harness.open());
  const ttlMs = Math.max(2 * harness.ttlStepMs, 500);
  const marginMs = harness.clock === undefined ? 150 : 0;

  describe("leases", () => {
    if (harness.leasing !== true) {
      it("it does not take leases, as claimed", async () => {
        await using cache = await harness.open();
        assert.equal(isLeasing(cache), false);
      });
      return;
    }

    it("a key that holds nothing is leased by an empty entry, whose token fills it", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      const lease = await leaseAt(cache, key);
      assert.equal(lease.leased, true);
      assertSameBytes(lease.bytes, noBytes);
      await expectBytes(cache, key, noBytes);
      assert.ok(await cache.compareAndSet(key, bytesOf("filled"), longTtlMs, lease.token));
      await expectBytes(cache, key, bytesOf("filled"));
      assert.equal(await cache.compareAndSet(key, bytesOf("again"), longTtlMs, lease.token), undefined);
    });

    it("an entry that stands comes back as it is, with its token, and is not leased", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("value"), longTtlMs);
      const entry = await leaseAt(cache, key);
      assert.equal(entry.leased, false);
      assertSameBytes(entry.bytes, bytesOf("value"));
      await expectBytes(cache, key, bytesOf("value"));
      assert.ok(await cache.compareAndSet(key, bytesOf("next"), longTtlMs, entry.token));
    });

    it("an empty entry that somebody stored is no lease of the reader", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      won(await cache.add(key, noBytes, longTtlMs));
      const entry = await leaseAt(cache, key);
      assert.equal(entry.leased, false);
      assertSameBytes(entry.bytes, noBytes);
    });

    it("of a hundred keys, every third stored, those are read and the others leased", async () => {
      await using cache = await openLeasing();
      const keys = Array.from({ length: 100 }, () => harness.freshKey());
      const stored = new Set(keys.filter((_, index) => index % 3 === 0));
      await Promise.all([...stored].map((key) => cache.set(key, bytesOf(key), longTtlMs)));
      const found = await cache.getOrLease(keys, longTtlMs);
      assert.deepEqual([...found.keys()].sort(), [...keys].sort());
      for (const key of keys) {
        assert.equal(found.get(key)?.leased, !stored.has(key));
        assertSameBytes(found.get(key)?.bytes, stored.has(key) ? bytesOf(key) : noBytes);
      }
      for (const key of keys) {
        assert.equal(await cache.delete(key, won(found.get(key)?.token)), true);
      }
    });

    it("no keys give an empty result", async () => {
      await using cache = await openLeasing();
      assert.equal((await cache.getOrLease([], longTtlMs)).size, 0);
    });

    it("a key asked for twice in one call is leased once, and that is told", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      const found = await cache.getOrLease([key, key], longTtlMs);
      assert.equal(found.size, 1);
      assert.equal(found.get(key)?.leased, true);
      assert.ok(await cache.compareAndSet(key, bytesOf("filled"), longTtlMs, won(found.get(key)?.token)));
    });

    it("of fifty callers at once one gets the lease, and only its token fills", async () => {
      await using cache = await openLeasing();
      await exactlyOneLeases([cache], harness.freshKey());
    });

    it("a lease and an add exclude each other", async () => {
      await using cache = await openLeasing();
      for (let round = 0; round < 20; round += 1) {
        const key = harness.freshKey();
        const [entry, added] = await Promise.all([
          leaseAt(cache, key),
          cache.add(key, bytesOf("added"), longTtlMs),
        ]);
        assert.equal(entry.leased, added === undefined);
      }
    });

    it("a set voids the lease", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      const lease = await leaseAt(cache, key);
      await cache.set(key, bytesOf("hold"), longTtlMs);
      assert.equal(await cache.compareAndSet(key, bytesOf("fill"), longTtlMs, lease.token), undefined);
      assert.equal(await cache.delete(key, lease.token), false);
      await expectBytes(cache, key, bytesOf("hold"));
    });

    it("a lease that was deleted by its token is taken anew, and the old one is void", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      const first = await leaseAt(cache, key);
      assert.equal(await cache.delete(key, first.token), true);
      const second = await leaseAt(cache, key);
      assert.equal(second.leased, true);
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, first.token), undefined);
      assert.ok(await cache.compareAndSet(key, bytesOf("filled"), longTtlMs, second.token));
    });

    it("a lease lives for its ttl less a step at least, whoever looks, and is taken anew after it", async () => {
      await using cache = await openLeasing();
      const key = harness.freshKey();
      const startMs = monotonicMs(harness);
      const first = await leaseAt(cache, key, ttlMs);
      const leasedMs = monotonicMs(harness);
      const lastLiveMs = startMs + ttlMs - harness.ttlStepMs - marginMs;
      await pass(harness, Math.max(0, lastLiveMs - monotonicMs(harness)));
      // Asks for a long life, which is for leases that it takes itself.
      const during = await leaseAt(cache, key);
      if (monotonicMs(harness) <= lastLiveMs + marginMs) {
        assert.equal(during.leased, false, "it ended too early");
      }
      await pass(
        harness,
        Math.max(0, leasedMs + ttlMs + harness.ttlStepMs + marginMs - monotonicMs(harness)),
      );
      const second = await leaseAt(cache, key);
      assert.equal(second.leased, !during.leased, "it lives on");
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, first.token), undefined);
    });

    if (harness.openSecond !== undefined) {
      const openSecond = harness.openSecond.bind(harness);
      it("of two clients with many callers each one gets the lease", async () => {
        await using first = await openLeasing();
        await using second = leasing(await openSecond(first));
        await exactlyOneLeases([first, second], harness.freshKey());
      });
    }
  });
}

async function exactlyOneLeases(caches: readonly LeasingCacheBackend[], key: string): Promise<void> {
  const entries = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      leaseAt(caches[n % caches.length] as LeasingCacheBackend, key).then((entry) => ({
        entry,
        cache: caches[n % caches.length] as LeasingCacheBackend,
      })),
    ),
  );
  const leases = entries.filter(({ entry }) => entry.leased);
  assert.equal(leases.length, 1);
  for (const { entry } of entries) assertSameBytes(entry.bytes, noBytes);
  const [lease] = leases;
  assert.ok(lease);
  assert.ok(await lease.cache.compareAndSet(key, bytesOf("filled"), longTtlMs, lease.entry.token));
  for (const cache of caches) await expectBytes(cache, key, bytesOf("filled"));
}

async function leaseAt(cache: LeasingCacheBackend, key: string, ttlMs = longTtlMs): Promise<LeasedEntry> {
  const entry = (await cache.getOrLease([key], ttlMs)).get(key);
  assert.ok(entry !== undefined, "the key is in the result");
  return entry;
}

function leasing(cache: CacheBackend): LeasingCacheBackend {
  assert.ok(isLeasing(cache), "the harness claims a leasing backend");
  return cache;
}
