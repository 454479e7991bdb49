import assert from "node:assert/strict";
import { awaitWhilePassing } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import { held, longTtlMs } from "./held.js";
import type { LockProviderHarness } from "./lock-harness.js";

const contenders: readonly number[] = Array.from({ length: 20 }, (_, index) => index);

/** One holder at a time, and tokens that tell holders apart. */
export function lockExclusionClauses({ describe, it }: TestRunner, harness: LockProviderHarness): void {
  describe("exclusion", () => {
    it("of twenty that do not wait one gets the lock", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      const got = await Promise.all(
        contenders.map(() => open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 })),
      );
      const locks = got.filter((lock) => lock !== undefined);
      assert.equal(locks.length, 1);
      await locks[0]?.release();
    });

    it("of twenty that wait all get it, never two at a time", async () => {
      await using open = await harness.open();
      const name = harness.freshName();
      let inside = 0;
      let most = 0;
      const enter = async () => {
        await using _lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 30_000 }));
        inside += 1;
        most = Math.max(most, inside);
        await new Promise(setImmediate);
        inside -= 1;
      };
      await awaitWhilePassing(harness, Promise.all(contenders.map(enter)));
      assert.equal(most, 1);
    });

    it("locks of different names do not know each other", async () => {
      await using open = await harness.open();
      const base = harness.freshName();
      for (const name of [`${base}-a`, `${base}-A`, `${base}-`]) {
        const lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
        assert.equal(lock.name, name);
      }
    });

    it("names may have every character, and differ by any", async () => {
      await using open = await harness.open();
      const base = harness.freshName();
      const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
      const names = [...ascii, "\u00e9", "e\u0301", "漢", "\u{10ffff}"].flatMap((one) => [
        `${base}${one}`,
        `${one}${base}`,
      ]);
      for (const name of names) {
        assert.equal(held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 })).name, name);
      }
    });

    it("it says of itself whether it fences, and its locks bear that out", async () => {
      await using open = await harness.open();
      assert.equal(open.locks.fencing, harness.fencing);
      await using lock = held(await open.locks.acquire(harness.freshName(), { ttlMs: longTtlMs, waitMs: 0 }));
      assert.equal(typeof lock.fencingToken, harness.fencing ? "bigint" : "undefined");
    });

    if (harness.fencing) {
      it("the fencing token grows with each grant", async () => {
        await using open = await harness.open();
        const name = harness.freshName();
        let last = -1n;
        for (let round = 0; round < 5; round += 1) {
          await using lock = held(await open.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
          const token = lock.fencingToken as bigint;
          assert.ok(token > last, "a later grant has a greater token");
          last = token;
        }
      });
    }

    if (harness.openSecond !== undefined) {
      const openSecond = harness.openSecond.bind(harness);
      it("two clients exclude each other, and the token grows from one to the other", async () => {
        await using first = await harness.open();
        await using second = await openSecond(first);
        const name = harness.freshName();
        const mine = held(await first.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
        assert.equal(await second.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }), undefined);
        await mine.release();
        await using theirs = held(await second.locks.acquire(name, { ttlMs: longTtlMs, waitMs: 0 }));
        if (harness.fencing) assert.ok((theirs.fencingToken as bigint) > (mine.fencingToken as bigint));
      });
    }
  });
}
