import assert from "node:assert/strict";
import { awaitWhilePassing, giveChance, monotonicMs } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { held, longTtlMs } from "./held.js";
import type { LockProviderHarness } from "./lock-harness.js";

/** Waiting for a lock that is taken. */
export function lockWaitingClauses({ describe, it }: TestRunner, harness: LockProviderHarness): void {
  describe("waiting", () => {
    it("one that does not wait is told at once that the lock is taken", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      await using _lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
    });

    it("one that waits gets the lock once it is released, and not before", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      const order: string[] = [];
      const waiting = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 }).then((lock) => {
        order.push("acquired");
        return lock;
      });
      await giveChance(harness);
      order.push("released");
      await first.release();
      await using _second = held(await awaitWhilePassing(harness, waiting));
      assert.deepEqual(order, ["released", "acquired"]);
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
    });

    it("one whose wait is over goes without, and takes nothing later", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      const startMs = monotonicMs(harness);
      const waiting = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 200 });
      assert.equal(await awaitWhilePassing(harness, waiting), undefined);
      assert.ok(monotonicMs(harness) - startMs >= 199, "it waited for its time");
      await first.release();
      await using _second = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("one that gives up rejects with the signal's reason, and takes nothing later", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      const controller = new AbortController();
      const reason = new Error("given up");
      const waiting = open.locks.acquire(name, {
        ttlMs: longTtlMs,
        waitMs: 30_000,
        signal: controller.signal,
      });
      const rejected = assert.rejects(waiting, (error) => error === reason);
      await giveChance(harness);
      controller.abort(reason);
      await awaitWhilePassing(harness, rejected);
      await first.release();
      await using _second = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("one that gave up before it began takes nothing", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const reason = new Error("given up");
      const signal = AbortSignal.abort(reason);
      const acquiring = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000, signal });
      await assert.rejects(acquiring, (error) => error === reason);
      await using _lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("a signal that aborts after the lock was got changes nothing", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const controller = new AbortController();
      await using lock = held(
        await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 1_000, signal: controller.signal }),
      );
      controller.abort();
      assert.equal(lock.signal.aborted, false);
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
    });
  });
}
