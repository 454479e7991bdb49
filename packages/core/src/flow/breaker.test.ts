import { describe, expect, it } from "@jest/globals";
import { AsideError } from "../errors/aside-error.js";
import { ManualClock } from "../testing/manual-clock.js";
import { Breaker } from "./breaker.js";

const lost = new AsideError("CACHE_UNAVAILABLE", "connection lost");
const late = new AsideError("CACHE_TIMEOUT", "late");

function start(): { clock: ManualClock; breaker: Breaker } {
  const clock = new ManualClock();
  return { clock, breaker: new Breaker(clock, 1_000) };
}

describe("a breaker", () => {
  it("is closed at first", () => {
    expect(start().breaker.state).toBe("closed");
  });

  it("asks to be opened at once for a broken connection", () => {
    expect(start().breaker.failed(lost)).toBe(true);
  });

  it("asks to be opened for the third missed deadline in a row", async () => {
    const { breaker, clock } = start();
    const miss = async (): Promise<boolean> => {
      await clock.advance(250);
      return breaker.failed(late);
    };
    expect([await miss(), await miss()]).toEqual([false, false]);
    breaker.succeeded();
    expect([await miss(), await miss(), await miss()]).toEqual([false, false, true]);
  });

  it("counts operations that miss one deadline together as one miss", () => {
    const { breaker } = start();
    for (let i = 0; i < 5; i += 1) expect(breaker.failed(late)).toBe(false);
  });

  it("takes no notice of an error that says nothing about reaching the node", () => {
    const { breaker } = start();
    expect(breaker.failed(new AsideError("INVALID_VALUE", "too large"))).toBe(false);
    expect(breaker.failed(new TypeError("a defect"))).toBe(false);
  });

  it("pauses twice as long each time, up to a bound, and by a random part less", () => {
    const { breaker } = start();
    for (const longestMs of [100, 200, 400, 800, 1_000, 1_000]) {
      const pauseMs = breaker.open();
      expect(pauseMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(longestMs);
    }
  });

  it("pauses shortly again once the node has answered, and not for a probe alone", () => {
    // a node that takes connections and answers nothing: every probe succeeds, and every reader after it misses its deadline
    const { breaker } = start();
    breaker.open();
    breaker.close();
    expect(breaker.open()).toBeGreaterThanOrEqual(100);
    breaker.close();
    breaker.succeeded();
    expect(breaker.open()).toBeLessThanOrEqual(100);
  });

  it.each(["open", "half-open"])(
    "takes no notice of what ends while it is %s: that was sent before",
    (state) => {
      const { breaker } = start();
      breaker.open();
      if (state === "half-open") breaker.halfOpen();
      expect(breaker.failed(lost)).toBe(false);
      breaker.succeeded();
      expect(breaker.open()).toBeGreaterThanOrEqual(100);
      expect(breaker.openings).toBe(2);
    },
  );
});
