import { describe, expect, it } from "@jest/globals";
import { ManualClock } from "./manual-clock.js";

describe("ManualClock", () => {
  it("stands still until it is moved", async () => {
    const clock = new ManualClock(5_000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5_000, 0]);
    await clock.advance(70);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5_070, 70]);
  });

  it("fires due timers in order, each at its own instant, and equal ones as they were set", async () => {
    const clock = new ManualClock(0);
    const fired: [string, number][] = [];
    const set = (name: string, ms: number) => clock.after(ms, () => fired.push([name, clock.nowMs()]));
    set("late", 30);
    set("early", 10);
    set("late too", 30);
    set("not yet", 31);
    await clock.advance(30);
    expect(fired).toEqual([
      ["early", 10],
      ["late", 30],
      ["late too", 30],
    ]);
    expect(clock.pendingTimers).toBe(1);
  });

  it("lets promises settle between timers, and fires those that they set", async () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    const walk = async () => {
      for (let step = 1; step <= 3; step += 1) {
        await sleep(10);
        for (let turn = 0; turn < 20; turn += 1) await null;
        seen.push(`step ${step} at ${clock.nowMs()}`);
      }
    };
    const walking = walk();
    clock.after(25, () => seen.push("between"));
    await clock.advance(30);
    await walking;
    expect(seen).toEqual(["step 1 at 10", "step 2 at 20", "between", "step 3 at 30"]);
  });

  it("fires a timer of 0 ms at the next move, of 0 ms too", async () => {
    const clock = new ManualClock();
    let fired = false;
    clock.after(0, () => {
      fired = true;
    });
    await new Promise(setImmediate);
    expect(fired).toBe(false);
    await clock.advance(0);
    expect(fired).toBe(true);
  });

  it("does not fire what was cancelled, even by a timer of the same instant", async () => {
    const clock = new ManualClock();
    let fired = false;
    clock.after(10, () => timer.cancel());
    const timer = clock.after(10, () => {
      fired = true;
    });
    await clock.advance(10);
    timer.cancel();
    expect(fired).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("queues moves that are asked for at the same time", async () => {
    const clock = new ManualClock(0);
    const fired: number[] = [];
    clock.after(15, () => fired.push(clock.nowMs()));
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect(fired).toEqual([15]);
    expect(clock.nowMs()).toBe(20);
  });

  it("rejects a move whose timer throws, and goes on with the next", async () => {
    const clock = new ManualClock();
    const mine = new Error("mine");
    clock.after(1, () => {
      throw mine;
    });
    await expect(clock.advance(5)).rejects.toBe(mine);
    await clock.advance(5);
    expect(clock.monotonicMs()).toBe(6);
  });

  it("jumps like a machine's clock that is set, without timers noticing", async () => {
    const clock = new ManualClock(1_000);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });
    clock.jumpTo(500_000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([500_000, 0]);
    await clock.advance(9);
    expect(fired).toBe(false);
    clock.jumpTo(0);
    await clock.advance(1);
    expect(fired).toBe(true);
    expect(clock.nowMs()).toBe(1);
  });
});
