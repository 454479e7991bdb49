import type { Fault, Point, Settings, Trigger } from "./plan.js";
import type { Random } from "./random.js";

/** What is evicted of generations: the seeds of tags, and of the store. */
export const tagSeeds: readonly string[] = ["~tag:t0", "~tag:t1"];
export const seeds: readonly string[] = [...tagSeeds, "~all"];

const points: readonly Point[] = [
  "hold-sent",
  "hold-applied",
  "hold-confirmed",
  "commit-sent",
  "commit-applied",
  "lease-applied",
  "fill-sent",
  "release-sent",
];

/** Some faults at instants of their own, or at points of the protocol. */
export function makeFaults(
  random: Random,
  settings: Settings,
  keys: readonly string[],
  spanMs: number,
): Fault[] {
  const count = random.weighted([
    [2, 0],
    [3, 1],
    [3, 2],
    [2, 3],
    [1, 5],
  ]);
  const kinds = makeKinds(random);
  return Array.from({ length: count }, (_, id): Fault => {
    const process = random.below(settings.processes);
    const forMs = random.between(0, random.pick([5, 60, 400, 1_500]));
    const when: Trigger = random.chance(0.5)
      ? { process: random.below(settings.processes), point: random.pick(points), count: 1 + random.below(4) }
      : { atMs: random.between(0, spanMs) };
    const kind = random.pick(kinds);
    switch (kind) {
      case "evict":
        return { id, when, kind, key: random.pick([...keys, "u", "v", ...seeds]) };
      case "cut":
      case "kill-sessions":
        return { id, when, kind, process };
      case "crash":
        return { id, when, kind, process, forMs: random.chance(0.3) ? -1 : forMs };
      case "partition":
        return { id, when, kind, process, node: random.pick([undefined, 0, 1]), forMs };
      case "restart-cache":
      case "pause-cache":
        return { id, when, kind, node: random.below(2), forMs };
      case "pause-process":
      case "late-hold":
      case "late-seed":
      case "fail-loads":
        return { id, when, kind, process, forMs };
      case "lose-commit":
        return { id, when, kind, process, how: random.pick(["never", "late", "done"]), forMs };
      default:
        return { id, when, kind, forMs };
    }
  });
}

/** Faults that meet at one write: a hold that is lost or not confirmed, and a writer that dies or is cut off in its commit window. */
export function makeCombination(random: Random, settings: Settings, keys: readonly string[]): Fault[] {
  const process = random.below(settings.processes);
  const other = random.below(settings.processes);
  const count = 1 + random.below(3);
  const node = random.below(2);
  const longMs = random.pick([300, 1_500]);
  const at = (point: Point): Trigger => ({ process, point, count });
  const lost: Fault = random.pick<Fault>([
    { id: 0, when: at("hold-applied"), kind: "evict", key: random.pick(keys) },
    { id: 0, when: at("commit-sent"), kind: "evict", key: random.pick(keys) },
    { id: 0, when: at("hold-applied"), kind: "restart-cache", node, forMs: 0 },
    { id: 0, when: at("hold-applied"), kind: "restart-cache", node, forMs: 60 },
    { id: 0, when: at("commit-sent"), kind: "restart-cache", node, forMs: 0 },
    { id: 0, when: at("hold-sent"), kind: "partition", process, node: undefined, forMs: longMs },
    { id: 0, when: at("hold-sent"), kind: "pause-cache", node, forMs: longMs },
    { id: 0, when: at("hold-sent"), kind: "cut", process },
  ]);
  const struck: Fault = random.pick<Fault>([
    { id: 1, when: at("commit-applied"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("commit-sent"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("release-sent"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("commit-applied"), kind: "partition", process, node: undefined, forMs: longMs },
    { id: 1, when: at("release-sent"), kind: "partition", process, node, forMs: longMs },
    { id: 1, when: at("release-sent"), kind: "cut", process },
    { id: 1, when: at("commit-applied"), kind: "cut", process: other },
    {
      id: 1,
      when: at("commit-sent"),
      kind: "lose-commit",
      process,
      how: "late",
      forMs: random.between(0, 1_500),
    },
    {
      id: 1,
      when: at("hold-sent"),
      kind: "lose-commit",
      process,
      how: "late",
      forMs: random.between(0, 400),
    },
    { id: 1, when: at("hold-sent"), kind: "lose-commit", process, how: "done", forMs: 0 },
  ]);
  return random.pick([[lost, struck], [lost, struck], [lost], [struck]]);
}

/** Few kinds in one plan, so that each has room to show what it can do. */
function makeKinds(random: Random): readonly Fault["kind"][] {
  const all: readonly Fault["kind"][] = [
    "evict",
    "restart-cache",
    "pause-cache",
    "cut",
    "partition",
    "crash",
    "crash",
    "pause-process",
    "kill-sessions",
    "lose-commit",
    "late-hold",
    "late-seed",
    "fail-loads",
    "database-down",
  ];
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(all));
}
