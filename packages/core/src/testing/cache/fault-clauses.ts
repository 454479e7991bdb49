import assert from "node:assert/strict";
import type { CacheBackend, CacheCallOptions, CasToken } from "../../backend/cache-backend.js";
import { isConnected } from "../../backend/connected-cache-backend.js";
import { isLeasing } from "../../backend/leasing-cache-backend.js";
import { isAsideError } from "../../errors/aside-error.js";
import type { AsideErrorCode } from "../../errors/aside-error-code.js";
import { expectCode } from "../expect-code.js";
import { pass, settledWithin } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, type FragileCache, longTtlMs } from "./cache-harness.js";

/** Deadline of the calls that get no answer. */
const timeoutMs = 300;

/** A client that has given a connection up may need so long to try again. */
const recoveryMs = 10_000;

interface Operation {
  readonly name: string;
  /** Whether it needs a key that holds nothing to have an effect. */
  readonly onFreshKey: boolean;
  call(cache: CacheBackend, key: string, token: CasToken, options: CacheCallOptions): Promise<unknown>;
}

const lost = bytesOf("lost on the way");
const operations: readonly Operation[] = [
  { name: "getMany", onFreshKey: false, call: (cache, key, _, options) => cache.getMany([key], options) },
  {
    name: "add",
    onFreshKey: true,
    call: (cache, key, _, options) => cache.add(key, lost, longTtlMs, options),
  },
  {
    name: "set",
    onFreshKey: false,
    call: (cache, key, _, options) => cache.set(key, lost, longTtlMs, options),
  },
  {
    name: "compareAndSet",
    onFreshKey: false,
    call: (cache, key, token, options) => cache.compareAndSet(key, lost, longTtlMs, token, options),
  },
  {
    name: "delete",
    onFreshKey: false,
    call: (cache, key, token, options) => cache.delete(key, token, options),
  },
];
const getOrLease: Operation = {
  name: "getOrLease",
  onFreshKey: true,
  async call(cache, key, _, options) {
    assert.ok(isLeasing(cache), "the harness claims a leasing backend");
    return cache.getOrLease([key], longTtlMs, options);
  },
};

/** What calls do while their server is dead, starts anew, or does not answer, where the harness can bring that about. */
export function cacheFaultClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  const openFragile = harness.openFragile?.bind(harness);
  if (openFragile === undefined) return;
  const claimed = harness.leasing === true ? [...operations, getOrLease] : operations;

  describe("faults", () => {
    it("an old token matches nothing of a server that was started anew, though that counts anew", async () => {
      await using fragile = await openFragile();
      const { cache } = fragile;
      const key = fragile.freshKey();
      const before = isConnected(cache) ? cache.connection(cache.partitionOf(key)) : 0;
      const handedOut = await cache.set(key, bytesOf("lease of the old server"), longTtlMs);
      const read = won((await lookUp(cache, key))?.token);
      await fragile.kill();
      await fragile.start();
      await recovered(harness, fragile);
      // As many stores as the old server had seen, so that its counter has come to the same number.
      await cache.set(key, bytesOf("hold of the new server"), longTtlMs);
      for (const old of [handedOut, read]) {
        assert.equal(await cache.compareAndSet(key, bytesOf("stale"), longTtlMs, old), undefined);
        assert.equal(await cache.delete(key, old), false);
      }
      await expectBytes(cache, key, bytesOf("hold of the new server"));
      if (isConnected(cache)) assert.notEqual(cache.connection(cache.partitionOf(key)), before);
    });

    it("when the server dies in mid-call each call rejects by its deadline, and all works again after a start", async () => {
      await using fragile = await openFragile();
      const { cache } = fragile;
      const key = fragile.freshKey();
      const token = await cache.set(key, bytesOf("v"), longTtlMs);
      const calls = claimed.flatMap((operation) =>
        Array.from({ length: 5 }, () =>
          operation.call(cache, operation.onFreshKey ? fragile.freshKey() : key, token, { timeoutMs }),
        ),
      );
      const settling = calls.map((call) => rejected(harness, call, ["CACHE_UNAVAILABLE", "CACHE_TIMEOUT"]));
      await Promise.all([fragile.kill(), ...settling]);
      await rejected(harness, cache.getMany([key], { timeoutMs }), ["CACHE_UNAVAILABLE", "CACHE_TIMEOUT"]);
      await rejected(harness, cache.set(key, lost, longTtlMs, { timeoutMs }), [
        "CACHE_UNAVAILABLE",
        "CACHE_TIMEOUT",
      ]);
      await fragile.start();
      await recovered(harness, fragile);
      const next = await cache.set(key, bytesOf("after"), longTtlMs);
      await expectBytes(cache, key, bytesOf("after"));
      assert.equal(await cache.delete(key, next), true);
    });

    for (const { name, onFreshKey, call } of claimed) {
      it(`${name} that gets no answer rejects by its deadline, and is not sent again later`, async () => {
        await using fragile = await openFragile();
        const { cache } = fragile;
        const standing = fragile.freshKey();
        const token = await cache.set(standing, bytesOf("standing"), longTtlMs);
        const key = onFreshKey ? fragile.freshKey() : standing;
        await fragile.silence();
        await rejected(harness, call(cache, key, token, { timeoutMs }), ["CACHE_TIMEOUT"]);
        await fragile.speak();
        await recovered(harness, fragile);
        await pass(harness, timeoutMs);
        await expectBytes(cache, key, onFreshKey ? undefined : bytesOf("standing"));
      });
    }

    it("calls that get no answer one after the other reject each by its deadline", async () => {
      await using fragile = await openFragile();
      const { cache } = fragile;
      const key = fragile.freshKey();
      await cache.set(key, bytesOf("v"), longTtlMs);
      await fragile.silence();
      for (let round = 0; round < 3; round += 1) {
        const pair = [cache.getMany([key], { timeoutMs }), cache.set(key, lost, longTtlMs, { timeoutMs })];
        await Promise.all(
          pair.map((call) => rejected(harness, call, ["CACHE_UNAVAILABLE", "CACHE_TIMEOUT"])),
        );
      }
      await fragile.speak();
      await recovered(harness, fragile);
    });

    it("close while nothing answers settles what is under way, and later calls reject with CLOSED", async () => {
      await using fragile = await openFragile();
      const { cache } = fragile;
      const key = fragile.freshKey();
      const token = await cache.set(key, bytesOf("v"), longTtlMs);
      await fragile.silence();
      const calls = claimed.map((operation) => operation.call(cache, key, token, { timeoutMs }));
      const settling = calls.map((call) =>
        rejected(harness, call, ["CLOSED", "CACHE_UNAVAILABLE", "CACHE_TIMEOUT"]),
      );
      const closing = cache.close();
      for (const { call } of claimed) await expectCode(call(cache, key, token, { timeoutMs }), "CLOSED");
      await Promise.all(settling);
      assert.equal((await settledWithin(harness, closing, recoveryMs)).status, "fulfilled");
    });

    it("the keys of another server do not notice", async () => {
      await using fragile = await openFragile();
      const { cache } = fragile;
      // One server: its keys have no neighbours.
      const elsewhere = fragile.freshKeyElsewhere?.();
      if (elsewhere === undefined) return;
      const key = fragile.freshKey();
      const there = await cache.set(elsewhere, bytesOf("elsewhere"), longTtlMs);
      await cache.set(key, bytesOf("here"), longTtlMs);
      for (const strike of [() => fragile.silence(), () => fragile.kill()]) {
        await strike();
        const broken = rejected(harness, cache.getMany([key], { timeoutMs }), [
          "CACHE_UNAVAILABLE",
          "CACHE_TIMEOUT",
        ]);
        await expectBytes(cache, elsewhere, bytesOf("elsewhere"));
        await broken;
      }
      assert.equal(await cache.delete(elsewhere, there), true, "the token of the other server is still good");
    });
  });
}

/** Asserts that the call rejects by its deadline with one of these codes. */
async function rejected(
  harness: CacheBackendHarness,
  call: Promise<unknown>,
  codes: readonly AsideErrorCode[],
): Promise<void> {
  const outcome = await settledWithin(harness, call, timeoutMs);
  assert.equal(outcome.status, "rejected", "a call that got no answer cannot know what became of it");
  const { reason } = outcome as PromiseRejectedResult;
  assert.ok(isAsideError(reason) && codes.includes(reason.code), `expected ${codes.join(" or ")}: ${reason}`);
}

/** Waits until the cache answers again. Stores nothing. */
async function recovered(harness: CacheBackendHarness, { cache, freshKey }: FragileCache): Promise<void> {
  for (let passedMs = 0; ; passedMs += 20) {
    const { status } = await settledWithin(harness, cache.getMany([freshKey()], { timeoutMs }), timeoutMs);
    if (status === "fulfilled") return;
    assert.ok(passedMs < recoveryMs, "it works again some time after the server does");
    await pass(harness, 20);
  }
}
