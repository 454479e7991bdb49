import { Random } from "@aside/check-simulation/plan/random.js";
import type { DatabaseStep, End, Statement, VersionChoice } from "./database-step.js";

export const keys = ["a", "b", "c"] as const;

/** The steps of a seed. */
export function makeDatabaseSteps(seed: number): readonly DatabaseStep[] {
  const random = new Random(seed, 2);
  return Array.from({ length: 15 + random.below(20) }, (): DatabaseStep => {
    const client = random.below(2) === 0 ? 0 : 1;
    const ends = random.weighted<"begin" | "commit" | "rollback" | "no">([
      [18, "begin"],
      [9, "commit"],
      [4, "rollback"],
      [69, "no"],
    ]);
    return { client, action: ends === "no" ? makeStatement(random, true) : { kind: ends } };
  });
}

function makeStatement(random: Random, mayJoin: boolean): Statement {
  const key = random.pick(keys);
  const some = random.chance(0.6) ? [key] : [...keys];
  const expected = random.weighted<() => VersionChoice>([
    [5, () => undefined],
    [2, () => null],
    [5, () => random.below(random.chance(0.7) ? 3 : 15)],
  ])();
  const end = random.weighted<End>([
    [6, "never"],
    [2, "later"],
    [2, "ended"],
    [3, "keep"],
  ]);
  return random.weighted<() => Statement>([
    [16, () => ({ kind: "read", keys: some })],
    [14, () => ({ kind: "lock", keys: some })],
    [28, () => ({ kind: "write", key, end, expected })],
    [12, () => ({ kind: "remove", key, expected })],
    [6, () => ({ kind: "touch", key, end: random.chance(0.7) ? "later" : "ended" })],
    [4, () => ({ kind: "sweep", limit: 1 + random.below(3) })],
    [5, () => ({ kind: "append", count: 1 + random.below(3) })],
    // The relay does these, outside of every transaction.
    [mayJoin ? 4 : 0, () => ({ kind: "read log" })],
    [mayJoin ? 3 : 0, () => ({ kind: "strike", nth: random.below(4) })],
    [
      mayJoin ? 6 : 0,
      () => ({ kind: "join", inner: makeStatement(random, false), rejects: random.chance(0.3) }),
    ],
  ])();
}
