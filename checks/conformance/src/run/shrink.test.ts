import { describe, expect, it } from "@jest/globals";
import type { Difference } from "./difference.js";
import { shrink } from "./shrink.js";

/** Differs at the last of the steps that it takes for a difference, wherever others stand. */
const differsWith =
  (...needed: readonly number[]) =>
  async (steps: readonly number[]): Promise<Difference | undefined> => {
    const index = Math.max(...needed.map((step) => steps.indexOf(step)));
    return needed.every((step) => steps.includes(step))
      ? { index, step: String(steps[index]), simulated: "yes", real: "no" }
      : undefined;
  };

const steps = Array.from({ length: 40 }, (_, index) => index);

describe("shrink", () => {
  it("leaves the steps without which nothing differs", async () => {
    const compare = differsWith(3, 17, 30);
    const difference = (await compare(steps)) as Difference;
    const found = await shrink({ steps, difference }, compare, 60_000);
    expect(found.steps).toEqual([3, 17, 30]);
    expect(found.difference).toMatchObject({ index: 2, step: "30" });
  });

  it("leaves what it has when its time is over", async () => {
    const compare = differsWith(3, 17);
    const difference = (await compare(steps)) as Difference;
    const found = await shrink({ steps, difference }, compare, 0);
    expect(found.steps).toEqual(steps.slice(0, 18));
  });
});
