import { describe, expect, it } from "@jest/globals";
import { lockProviderContract } from "../testing/lock-provider-contract.js";
import { ManualClock } from "../testing/manual-clock.js";
import { MemoryLock } from "./memory-lock.js";

const clock = new ManualClock();
let serial = 0;
const freshName = () => `lock-${serial++}`;

lockProviderContract(
  { describe, it },
  {
    name: "MemoryLock on a manual clock",
    clock,
    fencing: true,
    open: async () => ({ locks: new MemoryLock({ clock }), async [Symbol.asyncDispose]() {} }),
    freshName,
  },
);

lockProviderContract(
  { describe, it },
  {
    name: "MemoryLock on the machine's clock",
    fencing: true,
    open: async () => ({ locks: new MemoryLock(), async [Symbol.asyncDispose]() {} }),
    freshName,
  },
);

describe("MemoryLock", () => {
  it("serves waiters in the order in which they came", async () => {
    const locks = new MemoryLock({ clock: new ManualClock() });
    const first = await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 });
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const lock = await locks.acquire("a", { ttlMs: 1_000, waitMs: 1_000 });
      order.push(n);
      await lock?.release();
    });
    await first?.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it("leaves no timer behind when locks are released and waits are over", async () => {
    const time = new ManualClock();
    const locks = new MemoryLock({ clock: time });
    const first = await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 });
    const controller = new AbortController();
    const aborted = locks.acquire("a", { ttlMs: 1_000, waitMs: 1_000, signal: controller.signal });
    const granted = locks.acquire("a", { ttlMs: 1_000, waitMs: 1_000 });
    controller.abort();
    await expect(aborted).rejects.toBe(controller.signal.reason);
    await first?.release();
    await (await granted)?.release();
    expect(time.pendingTimers).toBe(0);
  });

  it("hands out greater tokens than a process that ran before", async () => {
    const time = new ManualClock();
    const before = await new MemoryLock({ clock: time }).acquire("a", { ttlMs: 1_000, waitMs: 0 });
    await time.advance(1);
    const after = await new MemoryLock({ clock: time }).acquire("a", { ttlMs: 1_000, waitMs: 0 });
    expect(after?.fencingToken).toBeGreaterThan(before?.fencingToken ?? 0n);
  });

  it("takes a lock for lost whose time is over, though its timer is late", async () => {
    let lateMs = 0;
    const time = new ManualClock();
    const late = {
      nowMs: () => time.nowMs(),
      monotonicMs: () => time.monotonicMs() + lateMs,
      after: time.after.bind(time),
    };
    const locks = new MemoryLock({ clock: late });
    const lost = await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 });
    const other = await locks.acquire("b", { ttlMs: 1_000, waitMs: 0 });
    lateMs = 1_000;
    const next = await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 });
    expect(next).toBeDefined();
    expect(lost?.signal.aborted).toBe(true);
    expect(await locks.acquire("a", { ttlMs: 1_000, waitMs: 0 })).toBeUndefined();
    await expect(other?.extend(1_000)).rejects.toMatchObject({ code: "LOCK_LOST" });
  });

  it.each([
    { name: "a ttl of nothing", options: { ttlMs: 0, waitMs: 0 } },
    { name: "a ttl that is no number", options: { ttlMs: Number.NaN, waitMs: 0 } },
    { name: "a negative wait", options: { ttlMs: 1, waitMs: -1 } },
  ])("refuses $name", async ({ options }) => {
    await expect(new MemoryLock().acquire("a", options)).rejects.toThrow(TypeError);
  });
});
