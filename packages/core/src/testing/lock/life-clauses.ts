import assert from "node:assert/strict";
import { isAsideError } from "../../errors/aside-error.js";
import { expectCode } from "../expect-code.js";
import { awaitWhilePassing, monotonicMs, pass } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { held, longTtlMs } from "./held.js";
import type { LockProviderHarness } from "./lock-harness.js";

/** A lock from its grant to its release, its end, or its loss. */
export function lockLifeClauses({ describe, it }: TestRunner, harness: LockProviderHarness): void {
  const stepMs = harness.ttlStepMs ?? 1;
  const ttlMs = Math.max(2 * stepMs, 500);
  const marginMs = harness.clock === undefined ? 150 : 0;

  describe("life", () => {
    it("a released lock is free, and releasing it again does nothing", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      await first.release();
      const second = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      await first.release();
      await first[Symbol.asyncDispose]();
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
      await second.release();
      assert.equal(first.signal.aborted, false, "a release is no loss");
    });

    it("releasing twice at the same time releases once", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      await Promise.all([first.release(), first.release()]);
      await using _second = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("disposing of a lock releases it", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      {
        await using _first = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      }
      await using _second = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("a lock that runs out goes to the one that waits, not before its ttl less a step", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const startMs = monotonicMs(harness);
      const first = held(await open.locks.acquire(name, { ttlMs, waitMs: 0 }));
      const waiting = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 });
      const second = held(await awaitWhilePassing(harness, waiting));
      assert.ok(monotonicMs(harness) - startMs >= ttlMs - stepMs - 1, "it was handed over too early");
      if (harness.fencing) assert.ok((second.fencingToken as bigint) > (first.fencingToken as bigint));
      await second.release();
    });

    it("the release of a holder that ran out does not free the lock of the next one", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs, waitMs: 0 }));
      const waiting = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 });
      const second = held(await awaitWhilePassing(harness, waiting));
      await first.release();
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
      assert.equal(second.signal.aborted, false);
      await second.release();
    });

    it("a holder whose lock ran out is told by its signal, and cannot extend", async () => {
      await using open = await harness.open();
      const lock = held(await open.locks.acquire(harness.freshName(), { ttlMs, waitMs: 0 }));
      assert.equal(lock.signal.aborted, false);
      await pass(harness, ttlMs + stepMs + marginMs);
      assert.equal(lock.signal.aborted, true);
      assert.ok(isAsideError(lock.signal.reason, "LOCK_LOST"));
      await expectCode(lock.extend(longTtlMs), "LOCK_LOST");
      await lock.release();
    });

    it("a holder whose lock was taken over cannot extend, and leaves the new one be", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const first = held(await open.locks.acquire(name, { ttlMs, waitMs: 0 }));
      const waiting = open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 });
      const second = held(await awaitWhilePassing(harness, waiting));
      await expectCode(first.extend(longTtlMs), "LOCK_LOST");
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
      await second.release();
    });

    it("an extended lock lives on for its new ttl, and is not lost at the end of the old one", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const lock = held(await open.locks.acquire(name, { ttlMs, waitMs: 0 }));
      await lock.extend(longTtlMs);
      await pass(harness, ttlMs + stepMs + marginMs);
      assert.equal(lock.signal.aborted, false);
      assert.equal(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
      await lock.release();
    });

    it("extending may shorten", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      await lock.extend(ttlMs);
      await pass(harness, ttlMs + stepMs + marginMs);
      assert.equal(lock.signal.aborted, true);
      await using _next = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
    });

    it("a released lock is not lost when its ttl has passed, and cannot be extended", async () => {
      await using open = await harness.open();
      const lock = held(await open.locks.acquire(harness.freshName(), { ttlMs, waitMs: 0 }));
      await lock.release();
      await pass(harness, ttlMs + stepMs + marginMs);
      assert.equal(lock.signal.aborted, false);
      await expectCode(lock.extend(longTtlMs), "LOCK_LOST");
    });
  });
}
