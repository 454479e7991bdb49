import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

const contenders: readonly number[] = Array.from({ length: 50 }, (_, index) => index);

/** Operations on one key take effect one after the other: of many that race, one wins. */
export function cacheConcurrencyClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  describe("races", () => {
    it("of fifty adds one wins, and its value stands", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const tokens = await Promise.all(contenders.map((n) => cache.add(key, bytesOf(`add ${n}`), longTtlMs)));
      const winners = contenders.filter((n) => tokens[n] !== undefined);
      assert.equal(winners.length, 1);
      await expectBytes(cache, key, bytesOf(`add ${winners[0]}`));
    });

    it("of fifty compareAndSet with one token one wins, and its value stands", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("start"), longTtlMs));
      const tokens = await Promise.all(
        contenders.map((n) => cache.compareAndSet(key, bytesOf(`set ${n}`), longTtlMs, token)),
      );
      const winners = contenders.filter((n) => tokens[n] !== undefined);
      assert.equal(winners.length, 1);
      await expectBytes(cache, key, bytesOf(`set ${winners[0]}`));
    });

    it("of fifty deletes by one token one removes", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, bytesOf("start"), longTtlMs));
      const removed = await Promise.all(contenders.map(() => cache.delete(key, token)));
      assert.equal(removed.filter(Boolean).length, 1);
    });

    it("of fifty sets the last one stands, with its own token", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const tokens = await Promise.all(contenders.map((n) => cache.set(key, bytesOf(`set ${n}`), longTtlMs)));
      const standing = Buffer.from((await lookUp(cache, key))?.bytes ?? []).toString();
      const last = contenders.find((n) => `set ${n}` === standing);
      assert.ok(last !== undefined, "none of the values stands");
      for (const n of contenders) {
        if (n !== last) assert.equal(await cache.delete(key, won(tokens[n])), false);
      }
      assert.equal(await cache.delete(key, won(tokens[last])), true);
    });

    it("increments by compareAndSet in ten loops at once lose nothing", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("0"), longTtlMs);
      const increment = async (): Promise<void> => {
        for (let attempt = 1; ; attempt += 1) {
          assert.ok(attempt <= 1_000, "compareAndSet gets through at last");
          const entry = await lookUp(cache, key);
          assert.ok(entry);
          const next = String(Number(Buffer.from(entry.bytes).toString()) + 1);
          if (await cache.compareAndSet(key, bytesOf(next), longTtlMs, entry.token)) return;
        }
      };
      await Promise.all(
        contenders.slice(0, 10).map(async () => {
          for (let round = 0; round < 10; round += 1) await increment();
        }),
      );
      await expectBytes(cache, key, bytesOf("100"));
    });
  });
}
