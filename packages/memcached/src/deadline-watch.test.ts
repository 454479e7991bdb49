import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@aside/core";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { DeadlineWatch, type Watched } from "./deadline-watch.js";

/** Notes when it was looked at. */
function watching(next: () => number): Watched & { readonly looksAtMs: number[] } {
  const looksAtMs: number[] = [];
  return {
    looksAtMs,
    lookForLate(nowMs) {
      looksAtMs.push(nowMs);
      return next();
    },
  };
}

const never = (): number => Number.POSITIVE_INFINITY;

describe("DeadlineWatch", () => {
  it("looks at the earliest deadline, then at the next one that it is told", async () => {
    const clock = new ManualClock();
    const watch = new DeadlineWatch(clock);
    const nexts = [30, 70];
    const watched = watching(() => nexts.shift() ?? never());
    watch.add(watched);
    watch.expect(50);
    watch.expect(20);
    watch.expect(60);
    await clock.advance(100);
    assert.deepEqual(watched.looksAtMs, [20, 30, 70]);
    assert.equal(clock.pendingTimers, 0);
  });

  it("has one timer for all, and none once all are gone", () => {
    const clock = new ManualClock();
    const watch = new DeadlineWatch(clock);
    const [one, other] = [watching(never), watching(never)];
    for (const watched of [one, other]) watch.add(watched);
    for (const atMs of [50, 40, 60]) watch.expect(atMs);
    assert.equal(clock.pendingTimers, 1);
    watch.remove(one);
    assert.equal(clock.pendingTimers, 1);
    watch.remove(other);
    assert.equal(clock.pendingTimers, 0);
  });

  it("keeps nothing of the context of the call that it was first told of", async () => {
    const transactions = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const watch = new DeadlineWatch(systemClock);
    const watched: Watched = {
      lookForLate(nowMs) {
        seen.push(transactions.getStore());
        return seen.length < 3 ? nowMs + 1 : never();
      },
    };
    watch.add(watched);
    transactions.run("a transaction", () => watch.expect(systemClock.monotonicMs() + 1));
    while (seen.length < 3) await wait(1);
    assert.deepEqual(seen, [undefined, undefined, undefined]);
  });
});
