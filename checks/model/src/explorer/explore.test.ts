import { describe, expect, test } from "@jest/globals";
import { explore, type Model } from "./explore.js";

/** Two threads add one to a counter in two steps, load and store: the oldest race there is. */
interface Counter {
  readonly count: number;
  /** What each thread has loaded, or where it stands. */
  readonly threads: readonly (number | "idle" | "done")[];
}

function counter({ atomic }: { readonly atomic: boolean }): Model<Counter> {
  return {
    initial: { count: 0, threads: ["idle", "idle"] },
    steps: ({ count, threads }, take) => {
      threads.forEach((thread, i) => {
        if (thread === "done") return;
        if (atomic) take(`${i} adds`, { count: count + 1, threads: threads.with(i, "done") });
        else if (thread === "idle") take(`${i} loads ${count}`, { count, threads: threads.with(i, count) });
        else take(`${i} stores ${thread + 1}`, { count: thread + 1, threads: threads.with(i, "done") });
      });
    },
    key: (state) => JSON.stringify(state),
    problem: ({ count, threads }) =>
      threads.every((thread) => thread === "done") && count !== 2
        ? { kind: "lost", description: `counted ${count}` }
        : undefined,
  };
}

describe("explore", () => {
  test("finds the shortest way to a problem, and names its steps", () => {
    expect(explore(counter({ atomic: false })).failure).toEqual({
      problem: { kind: "lost", description: "counted 1" },
      history: ["0 loads 0", "1 loads 0", "0 stores 1", "1 stores 1"],
    });
  });

  test("follows every distinct state once where there is no problem", () => {
    expect(explore(counter({ atomic: true }))).toEqual({ states: 4, failure: undefined });
  });

  test("prefers a short way that is offered late to a long one that is offered early", () => {
    const stairs: Model<number> = {
      initial: 0,
      steps: (at, take) => {
        if (at >= 10) return;
        take("one up", at + 1);
        take("ten up", at + 10);
      },
      key: String,
      problem: (at) => (at >= 10 ? { kind: "high", description: `at ${at}` } : undefined),
    };
    expect(explore(stairs).failure?.history).toEqual(["ten up"]);
  });

  test("gives up, and says so, when there is no end", () => {
    const endless: Model<number> = {
      initial: 0,
      steps: (at, take) => take("on", at + 1),
      key: String,
      problem: () => undefined,
    };
    expect(() => explore(endless, 100)).toThrow("more than 100 states");
  });
});
