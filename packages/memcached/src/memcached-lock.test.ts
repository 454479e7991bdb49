import assert from "node:assert/strict";
import { type CacheBackend, MemoryCache, MemoryPersistence, TieredStore } from "@aside/core";
import { FaultInjector, lockProviderContract, ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { expectCode } from "../test-support/expect-code.js";
import { lockKey } from "./lock-key.js";
import { MemcachedLock } from "./memcached-lock.js";

const clock = new ManualClock();
const cache = new MemoryCache({ clock });
const open = async () => ({
  locks: new MemcachedLock(cache, { clock }),
  async [Symbol.asyncDispose]() {},
});
let names = 0;
const freshName = () => {
  names += 1;
  return `lock-${names}`;
};

lockProviderContract(
  { describe, it },
  { name: "MemcachedLock over a cache in memory", clock, fencing: false, open, openSecond: open, freshName },
);

describe("MemcachedLock", () => {
  it.each([
    { name: "a ttl of nothing", options: { ttlMs: 0, waitMs: 0 } },
    { name: "a ttl that is no number", options: { ttlMs: Number.NaN, waitMs: 0 } },
    { name: "a negative wait", options: { ttlMs: 1, waitMs: -1 } },
  ])("refuses $name", async ({ options }) => {
    await assert.rejects(new MemcachedLock(cache).acquire("a", options), TypeError);
  });

  it("refuses a deadline that never comes", () => {
    assert.throws(() => new MemcachedLock(cache, { timeoutMs: Number.POSITIVE_INFINITY }), TypeError);
  });

  it("leaves no timer behind when locks are released and waits are over", async () => {
    const time = new ManualClock();
    const locks = new MemcachedLock(new MemoryCache({ clock: time }), { clock: time });
    const first = await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 });
    const controller = new AbortController();
    const aborted = locks.acquire("a", { ttlMs: 1_000, waitMs: 1_000, signal: controller.signal });
    await time.advance(0);
    controller.abort();
    await assert.rejects(aborted);
    await first?.release();
    assert.equal(time.pendingTimers, 0);
  });

  it("tells the holder within a third of its ttl that the entry is gone", async () => {
    const time = new ManualClock();
    const entries = new MemoryCache({ clock: time });
    const lock = await new MemcachedLock(entries, { clock: time }).acquire("a", { ttlMs: 9_000, waitMs: 0 });
    const entry = (await entries.getMany([lockKey("a")])).get(lockKey("a"));
    assert.ok(lock !== undefined && entry !== undefined);
    await time.advance(3_500);
    assert.equal(lock.signal.aborted, false);
    await entries.delete(lockKey("a"), entry.token);
    await time.advance(3_000);
    assert.equal(lock.signal.aborted, true);
    await lock.release();
    assert.equal(time.pendingTimers, 0);
  });

  it("takes a lock for its own whose answer was lost, and not one that somebody else placed", async () => {
    const entries = new MemoryCache();
    const faults = new FaultInjector<CacheBackend>();
    const locks = new MemcachedLock(faults.wrap(entries));
    faults.fail("add", { at: "reply" });
    const lock = await locks.acquire("a", { ttlMs: 60_000, waitMs: 0 });
    assert.ok(lock !== undefined);
    faults.fail("add", { at: "reply" });
    await expectCode(locks.acquire("a", { ttlMs: 60_000, waitMs: 0 }), "CACHE_UNAVAILABLE");
    await lock.release();
    assert.equal((await entries.getMany([lockKey("a")])).size, 0);
  });

  it("is extended and released though an answer was lost before", async () => {
    const entries = new MemoryCache();
    const faults = new FaultInjector<CacheBackend>();
    const locks = new MemcachedLock(faults.wrap(entries));
    const lock = await locks.acquire("a", { ttlMs: 60_000, waitMs: 0 });
    for (const at of ["request", "reply"] as const) {
      faults.fail("compareAndSet", { at });
      await expectCode(lock?.extend(60_000) ?? Promise.resolve(), "CACHE_UNAVAILABLE");
      assert.equal(lock?.signal.aborted, false);
      await lock?.extend(60_000);
    }
    faults.fail("delete");
    await lock?.release();
    assert.equal((await entries.getMany([lockKey("a")])).size, 0);
  });

  it("ends at the earlier of the two times when an extension that shortens it has no answer", async () => {
    const time = new ManualClock();
    const faults = new FaultInjector<CacheBackend>();
    const locks = new MemcachedLock(faults.wrap(new MemoryCache({ clock: time })), { clock: time });
    const lock = await locks.acquire("a", { ttlMs: 60_000, waitMs: 0 });
    faults.fail("compareAndSet", { at: "reply" });
    await expectCode(lock?.extend(1_000) ?? Promise.resolve(), "CACHE_UNAVAILABLE");
    await time.advance(999);
    assert.equal(lock?.signal.aborted, false);
    await time.advance(1);
    assert.equal(lock?.signal.aborted, true);
  });

  it("does not keep the lock that it got after its caller gave up", async () => {
    const entries = new MemoryCache();
    const faults = new FaultInjector<CacheBackend>();
    const locks = new MemcachedLock(faults.wrap(entries));
    const controller = new AbortController();
    const slow = faults.hang("add", { at: "reply" });
    const acquiring = locks.acquire("a", { ttlMs: 60_000, waitMs: 0, signal: controller.signal });
    await slow.struck;
    controller.abort();
    slow.lift();
    await assert.rejects(acquiring, (error) => error === controller.signal.reason);
    assert.equal((await entries.getMany([lockKey("a")])).size, 0);
  });

  it("keeps names apart that differ in what a key cannot hold", () => {
    const long = "n".repeat(400);
    const strange = ["a b", "a_b", "a\nb", "ä", "a~b", "", long, `${long}x`, "lock/a", "a"];
    const keys = strange.map(lockKey);
    assert.equal(new Set(keys).size, strange.length);
    for (const key of keys) assert.match(key, /^lock\/[!-~]{0,245}$/);
    assert.equal(lockKey("users:42"), "lock/users:42");
  });

  it("has no fencing token, and a write that asks for one is refused", async () => {
    await using users = new TieredStore<string>({
      name: "users",
      cache: new MemoryCache(),
      persistence: new MemoryPersistence(),
      locks: new MemcachedLock(new MemoryCache()),
    });
    await users.withLock("42", async (lock) => {
      assert.equal(lock.fencingToken, undefined);
      await expectCode(users.set("42", "Ada", { fencingToken: lock.fencingToken }), "UNSUPPORTED");
      await expectCode(users.delete("42", { fencingToken: lock.fencingToken }), "UNSUPPORTED");
      await users.set("42", "Ada");
    });
    assert.equal(await users.get("42"), "Ada");
  });
});
