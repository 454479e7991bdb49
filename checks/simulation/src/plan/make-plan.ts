import type { Action, Fault, Operation, Plan, Point, Settings, Trigger } from "./plan.js";
import { rowKeys } from "./plan.js";
import { Random } from "./random.js";

/** The plan of a seed. */
export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  const settings = makeSettings(random);
  const keys = rowKeys.slice(
    0,
    random.weighted([
      [6, 1],
      [3, 2],
      [1, 3],
    ]),
  );
  const withViews = random.chance(0.5);
  const operations = makeOperations(random, settings, keys, withViews);
  const spanMs = Math.max(50, operations.length * 4 * random.between(0.5, 3));
  return { seed, timing: 0, settings, operations, faults: makeFaults(random, settings, keys, spanMs) };
}

function makeSettings(random: Random): Settings {
  const usualMs = random.pick([1, 5, 5, 20]);
  return {
    processes: random.weighted([
      [1, 1],
      [5, 2],
      [4, 3],
    ]),
    cacheTimeoutMs: random.pick([50, 250]),
    leaseTtlMs: random.pick([1_000, 2_000, 10_000]),
    leaseWaitMs: random.pick([0, 20, 200, 1_000]),
    holdTtlMs: random.pick([1_000, 1_000, 2_000, 10_000]),
    ttlMs: random.weighted([
      [5, 300_000],
      [1, 300],
      [1, 1_500],
    ]),
    absenceTtlMs: random.pick([0, 30_000]),
    relayPollMs: random.pick([100, 500, 1_000]),
    relayMaxBackoffMs: 1_500,
    loadTimeoutMs: 4_000,
    whenCacheUnreachable: random.weighted([
      [4, "log"],
      [1, "reject"],
    ]),
    logInvalidations: random.weighted([
      [4, "derived"],
      [1, "always"],
    ]),
    usualMs,
    slowShare: random.pick([0, 0.02, 0.1, 0.2]),
    slowMs: random.pick([50, 200, 600]),
    clockSkewMs: random.pick([0, 0, 0, 500]),
  };
}

function makeOperations(
  random: Random,
  settings: Settings,
  keys: readonly string[],
  withViews: boolean,
): Operation[] {
  const count = random.pick([6, 10, 16, 24]);
  const thinkMs = settings.usualMs * random.pick([0.5, 2, 6]);
  return Array.from({ length: count }, (_, id) => ({
    id,
    process: random.below(settings.processes),
    client: random.below(2),
    thinkMs: random.next() * thinkMs,
    action: makeAction(random, keys, withViews, true),
  }));
}

function makeAction(random: Random, keys: readonly string[], withViews: boolean, top: boolean): Action {
  const key = random.pick(keys);
  const view = random.pick(["u", "v"] as const);
  const source = random.below(2);
  return random.weighted<() => Action>([
    [top ? 10 : 3, () => ({ kind: "get", key })],
    [top ? 2 : 0, () => ({ kind: "getMany", keys })],
    [4, () => ({ kind: "set", key })],
    [3, () => ({ kind: "update", key })],
    [top ? 1 : 0, () => ({ kind: "swap", key })],
    [2, () => ({ kind: "delete", key })],
    [withViews && top ? 8 : 0, () => ({ kind: "load", view })],
    [withViews ? 6 : 0, () => ({ kind: "persist", source })],
    [
      top ? 2 : 0,
      () => ({
        kind: "transaction",
        parts: Array.from({ length: 1 + random.below(3) }, () => makeAction(random, keys, withViews, false)),
        fails: random.chance(0.15),
      }),
    ],
  ])();
}

const points: readonly Point[] = [
  "hold-sent",
  "hold-applied",
  "commit-sent",
  "commit-applied",
  "lease-applied",
  "fill-sent",
  "release-sent",
];

function makeFaults(random: Random, settings: Settings, keys: readonly string[], spanMs: number): Fault[] {
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
        return { id, when, kind, key: random.pick([...keys, "u", "v"]) };
      case "cut":
      case "kill-sessions":
        return { id, when, kind, process };
      case "crash":
        return { id, when, kind, process, forMs: random.chance(0.3) ? -1 : forMs };
      case "partition":
      case "pause-process":
        return { id, when, kind, process, forMs };
      case "lose-commit":
        return { id, when, kind, process, how: random.pick(["never", "late", "done"]), forMs };
      default:
        return { id, when, kind, forMs };
    }
  });
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
    "database-down",
  ];
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(all));
}
