import assert from "node:assert/strict";
import type { CacheBackend } from "../../backend/cache-backend.js";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

/** Clients of one cache see the same entries, as processes do. */
export function cacheClientClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  if (harness.openSecond === undefined) return;
  const openSecond = (first: CacheBackend) =>
    (harness.openSecond as NonNullable<typeof harness.openSecond>)(first);

  describe("two clients", () => {
    it("go by the same name", async () => {
      await using first = await harness.open();
      await using second = await openSecond(first);
      assert.equal(first.name, second.name);
    });

    it("see each other's stores and deletes", async () => {
      await using first = await harness.open();
      await using second = await openSecond(first);
      const key = harness.freshKey();
      await first.set(key, bytesOf("from the first"), longTtlMs);
      await expectBytes(second, key, bytesOf("from the first"));
      await second.set(key, bytesOf("from the second"), longTtlMs);
      await expectBytes(first, key, bytesOf("from the second"));
      assert.equal(await first.delete(key, won((await lookUp(first, key))?.token)), true);
      await expectBytes(second, key, undefined);
    });

    it("cannot both add", async () => {
      await using first = await harness.open();
      await using second = await openSecond(first);
      const key = harness.freshKey();
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 ? first : second).add(key, bytesOf(String(n)), longTtlMs),
        ),
      );
      assert.equal(tokens.filter((token) => token !== undefined).length, 1);
    });

    it("make each other's tokens old", async () => {
      await using first = await harness.open();
      await using second = await openSecond(first);
      const key = harness.freshKey();
      const token = won(await first.add(key, bytesOf("lease"), longTtlMs));
      await second.set(key, bytesOf("hold"), longTtlMs);
      assert.equal(await first.compareAndSet(key, bytesOf("fill"), longTtlMs, token), undefined);
      assert.equal(await first.delete(key, token), false);
      await expectBytes(second, key, bytesOf("hold"));
    });

    it("closing one leaves the other", async () => {
      await using first = await harness.open();
      const second = await openSecond(first);
      const key = harness.freshKey();
      await second.set(key, bytesOf("v"), longTtlMs);
      await second.close();
      await expectBytes(first, key, bytesOf("v"));
    });
  });
}
