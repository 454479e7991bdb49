import assert from "node:assert/strict";
import type { Lock } from "../../backend/lock-provider.js";
import { isAsideError } from "../../errors/aside-error.js";
import type { AsideErrorCode } from "../../errors/aside-error-code.js";
import { pass, settledWithin } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { held, longTtlMs } from "./held.js";
import type { FragileLocks, LockProviderHarness } from "./lock-harness.js";

/** A client that has given a connection up may need so long to try again. */
const recoveryMs = 20_000;

const noAnswer: readonly AsideErrorCode[] = [
  "CACHE_UNAVAILABLE",
  "CACHE_TIMEOUT",
  "DATABASE_UNAVAILABLE",
  "DATABASE_TIMEOUT",
];

/** What locks are worth while their server is dead, or does not answer, where the harness can bring that about. */
export function lockFaultClauses({ describe, it }: TestRunner, harness: LockProviderHarness): void {
  const openFragile = harness.openFragile?.bind(harness);
  if (openFragile === undefined) return;
  const stepMs = harness.ttlStepMs ?? 1;
  const ttlMs = Math.max(2 * stepMs, 500);

  describe("faults", () => {
    for (const strike of ["kill", "silence"] as const) {
      const fault = strike === "kill" ? "the server is dead" : "nothing answers";
      const heal = (fragile: FragileLocks) => (strike === "kill" ? fragile.start() : fragile.speak());

      it(`nobody gets a lock while ${fault}: acquire rejects by its deadline, and takes nothing later`, async () => {
        await using fragile = await openFragile();
        const name = harness.freshName();
        await acquired(harness, fragile, harness.freshName());
        await fragile[strike]();
        const taking = fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 });
        await rejected(harness, taking, fragile.deadlineMs, noAnswer);
        await heal(fragile);
        await acquired(harness, fragile, harness.freshName());
        await pass(harness, 300);
        held(await fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      });

      it(`one that waits for a lock is told by the deadline when ${fault}`, async () => {
        await using fragile = await openFragile();
        const name = harness.freshName();
        held(await fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
        const waiting = fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 });
        await fragile[strike]();
        await rejected(harness, waiting, fragile.deadlineMs, noAnswer);
      });

      it(`a holder cannot extend while ${fault}; its release settles, and its signal tells at the end of its ttl`, async () => {
        await using fragile = await openFragile();
        const { locks, deadlineMs } = fragile;
        const lock = held(await locks.acquire(harness.freshName(), { ttlMs, waitMs: 0 }));
        const other = held(await locks.acquire(harness.freshName(), { ttlMs: longTtlMs, waitMs: 0 }));
        await fragile[strike]();
        await rejected(harness, other.extend(longTtlMs), deadlineMs, [...noAnswer, "LOCK_LOST"]);
        await settledWithin(harness, other.release(), 2 * deadlineMs);
        await pass(harness, ttlMs + stepMs + (harness.clock === undefined ? 150 : 0));
        assert.equal(lock.signal.aborted, true);
        assert.ok(isAsideError(lock.signal.reason, "LOCK_LOST"));
      });
    }

    it("a holder of before a restart of the server does not release the lock of the next one", async () => {
      await using fragile = await openFragile();
      const name = harness.freshName();
      const first = held(await fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
      await fragile.kill();
      await fragile.start();
      await acquired(harness, fragile, harness.freshName());
      const next = await fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 });
      // A server that forgets nothing goes on holding it for the first.
      if (next === undefined) return;
      await first.release();
      assert.equal(await fragile.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
      await next.release();
    });
  });
}

/** Takes the lock, however often it has to be tried while the client finds its server again. */
async function acquired(harness: LockProviderHarness, fragile: FragileLocks, name: string): Promise<Lock> {
  for (let passedMs = 0; ; passedMs += 50) {
    // Another name each time: what was sent may have been done, its answer lost.
    const taking = fragile.locks.acquire(`${name}${passedMs}`, { ttlMs: longTtlMs, waitMs: 0 });
    const outcome = await settledWithin(harness, taking, fragile.deadlineMs);
    if (outcome.status === "fulfilled") return held(outcome.value);
    assert.ok(passedMs < recoveryMs, "it works again some time after the server does");
    await pass(harness, 50);
  }
}

async function rejected(
  harness: LockProviderHarness,
  call: Promise<unknown>,
  deadlineMs: number,
  codes: readonly AsideErrorCode[],
): Promise<void> {
  const outcome = await settledWithin(harness, call, deadlineMs);
  assert.equal(outcome.status, "rejected", "nobody can know");
  const { reason } = outcome as PromiseRejectedResult;
  assert.ok(isAsideError(reason) && codes.includes(reason.code), `expected ${codes.join(" or ")}: ${reason}`);
}
