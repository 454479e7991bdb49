import { setTimeout as wait } from "node:timers/promises";
import type { Milliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";
import type { ManualClock } from "./manual-clock.js";

/** How time passes for the backend under test. */
export interface PassingTime {
  /** The clock that the backend was given. Absent: real time passes, and the suite waits for it. */
  readonly clock?: ManualClock | undefined;
}

/** Lets `ms` pass. */
export async function pass({ clock }: PassingTime, ms: Milliseconds): Promise<void> {
  await (clock === undefined ? wait(ms) : clock.advance(ms));
}

/** The instant it is for the backend. */
export function nowMs({ clock = undefined }: PassingTime): number {
  return (clock ?? systemClock).nowMs();
}

/** Milliseconds on the backend's clock since a fixed point. */
export function monotonicMs({ clock = undefined }: PassingTime): number {
  return (clock ?? systemClock).monotonicMs();
}

/** Waits for `promise` and keeps time moving for it, 10 ms at a step, for 60 s at most. */
export async function awaitWhilePassing<T>({ clock }: PassingTime, promise: Promise<T>): Promise<T> {
  if (clock === undefined) return promise;
  let settled = false;
  const settling = () => {
    settled = true;
  };
  promise.then(settling, settling);
  for (let passedMs = 0; !settled && passedMs < 60_000; passedMs += 10) await clock.advance(10);
  if (!settled) throw new Error("not settled after 60 s of manual time");
  return promise;
}

/** Gives what may run now the chance to run: for a test that shows that something does not happen. */
export async function giveChance({ clock }: PassingTime): Promise<void> {
  if (clock === undefined) await wait(100);
  else await clock.advance(0);
}

/** What a machine that is busy with other things may add to a deadline. */
const busyMs = 2_000;

/** How `promise` settled, which must be within `ms` of the backend's time. */
export async function settledWithin<T>(
  time: PassingTime,
  promise: Promise<T>,
  ms: Milliseconds,
): Promise<PromiseSettledResult<T>> {
  const settling = Promise.allSettled([promise]).then(([result]) => result);
  const lateMs = time.clock === undefined ? ms + busyMs : ms;
  let result: PromiseSettledResult<T> | undefined;
  void settling.then((settled) => {
    result = settled;
  });
  for (let passedMs = 0; result === undefined && passedMs <= lateMs; passedMs += 10) await pass(time, 10);
  if (result === undefined) throw new Error(`not settled after ${lateMs} ms`);
  return result;
}
