import type { Action, Dawdler, Fault, Operation, Plan, Point, Settings, Trigger } from "./plan.js";
import { rowKeys } from "./plan.js";
import { Random } from "./random.js";

/** The plan of a seed: either a bit of everything, or many reads of one key around a few writes whose commits dawdle. */
export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  return random.weighted([
    [8, makeMixedPlan],
    [10, makeFocusedPlan],
    [1, makeLateHoldPlan],
  ])(seed, random);
}

/** A hold that its writer gave up arrives over the hold of the next writer, in whose commit window others read. */
function makeLateHoldPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([2, 3]),
    usualMs: 3,
    slowShare: 0,
    cacheTimeoutMs: 50,
    leaseWaitMs: 0,
    dawdling: ["COMMIT"],
    dawdleMs: random.pick([60, 200]),
  };
  const operations = Array.from({ length: 20 }, (_, id): Operation => {
    const isWrite = id < 2;
    return {
      id,
      process: isWrite ? id : random.below(settings.processes),
      client: isWrite ? 0 : 1 + random.below(3),
      thinkMs: random.next() * (id === 0 ? 5 : 60),
      action: focusedOnRow(random, isWrite, false),
    };
  });
  const late: Fault = {
    id: 0,
    when: { process: 0, point: "hold-sent", count: 1 },
    kind: "late-hold",
    process: 0,
    forMs: random.pick([300, 1_500]),
  };
  const crash: Fault = {
    id: 1,
    when: { process: 1, point: "commit-applied", count: 1 },
    kind: "crash",
    process: 1,
    forMs: random.pick([-1, 0, 300]),
  };
  return { seed, timing: 0, settings, operations, faults: random.chance(0.6) ? [late, crash] : [late] };
}

function makeMixedPlan(seed: number, random: Random): Plan {
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
  const faults = random.chance(0.25)
    ? makeCombination(random, settings, withViews ? [...keys, "u", "v"] : keys)
    : makeFaults(random, settings, keys, spanMs);
  return { seed, timing: 0, settings, operations, faults };
}

function makeFocusedPlan(seed: number, random: Random): Plan {
  const slow = random.chance(0.25);
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([2, 2, 3]),
    usualMs: 5,
    slowShare: random.pick([0, 0.02]),
    cacheTimeoutMs: random.pick([50, 250, 250]),
    leaseWaitMs: random.pick([0, 0, 20]),
    holdTtlMs: slow ? 1_000 : random.pick([1_000, 10_000]),
    relayPollMs: slow ? 500 : random.pick([20, 200, 500]),
    dawdling: focusedDawdling(random, slow),
    dawdleMs: slow ? 900 : random.pick([60, 120]),
  };
  const onView = random.chance(0.35);
  const wide = !onView && random.chance(0.3);
  const spreadMs = settings.dawdleMs * random.pick([0.2, 0.5]);
  const writes = slow ? random.pick([2, 3]) : random.pick([1, 2, 2, 3]);
  const count = writes + 8 + random.below(10) + (slow ? 14 : 0);
  const operations = Array.from({ length: count }, (_, id): Operation => {
    const isWrite = id < writes;
    return {
      id,
      process: random.below(settings.processes),
      client: isWrite ? id : 3 + random.below(3),
      thinkMs: random.next() * (isWrite ? spreadMs : slow ? 500 : spreadMs),
      action: onView ? focusedOnView(random, isWrite) : focusedOnRow(random, isWrite, wide),
    };
  });
  const faults = makeFocusedFaults(random, settings, wide, slow, onView ? "v" : "a");
  return { seed, timing: 0, settings, operations, faults };
}

function focusedDawdling(random: Random, slow: boolean): readonly Dawdler[] {
  if (slow) return ["COMMIT", "answer to COMMIT"];
  return random.weighted<readonly Dawdler[]>([
    [1, ["answer of the cache"]],
    [2, ["answer to fill"]],
    [7, ["COMMIT", random.pick(dawdlers)]],
  ]);
}

function focusedOnView(random: Random, isWrite: boolean): Action {
  return isWrite
    ? { kind: "persist", source: random.below(2) }
    : sometimesDirect(random, { kind: "load", view: "v" });
}

function focusedOnRow(random: Random, isWrite: boolean, wide: boolean): Action {
  if (isWrite && wide) {
    const parts: readonly Action[] = [
      { kind: "set", key: "a" },
      { kind: "set", key: "b" },
    ];
    return { kind: "transaction", parts, fails: false };
  }
  return isWrite
    ? { kind: random.pick(["set", "set", "update", "delete"]), key: "a" }
    : sometimesDirect(random, { kind: "get", key: "a" });
}

function makeFocusedFaults(
  random: Random,
  settings: Settings,
  wide: boolean,
  slow: boolean,
  key: string,
): Fault[] {
  const process = random.below(settings.processes);
  const count = 1 + random.below(2);
  const crash: Fault = {
    id: 1,
    when: { process, point: "commit-applied", count },
    kind: "crash",
    process,
    forMs: random.pick([-1, 0, 300]),
  };
  if (wide && random.chance(0.7)) {
    // The hold of one key was confirmed, that of the other never is.
    const when: Trigger = { process, point: "hold-confirmed", count: 2 * count - 1 };
    const restart: Fault = { id: 0, when, kind: "restart-cache", forMs: 0 };
    return random.chance(0.6) ? [restart, crash] : [restart];
  }
  if (slow) return random.chance(0.5) ? [crash] : [];
  if (settings.processes > 1 && random.chance(0.25)) {
    // One writer cannot place its hold, and logs the key; the relay comes by while the next one holds it.
    const other = (process + 1) % settings.processes;
    const cut: Fault = {
      id: 0,
      when: { process: other, point: "hold-sent", count: 1 },
      kind: "partition",
      process: other,
      forMs: 1_500,
    };
    return random.chance(0.5) ? [cut, crash] : [cut];
  }
  return random.chance(0.8) ? makeCombination(random, settings, [key]) : [];
}

/** A read in a transaction goes past the cache, and sees at once what the cache may still hide. */
function sometimesDirect(random: Random, read: Action): Action {
  return random.chance(0.25) ? { kind: "transaction", parts: [read], fails: false } : read;
}

function makeSettings(random: Random): Settings {
  const usualMs = random.pick([1, 5, 5, 20]);
  return {
    processes: random.weighted([
      [1, 1],
      [5, 2],
      [4, 3],
    ]),
    cacheTimeoutMs: usualMs < 20 ? random.pick([50, 250]) : 250,
    leaseTtlMs: random.pick([1_000, 2_000, 10_000]),
    leaseWaitMs: random.pick([0, 20, 200, 1_000]),
    holdTtlMs: random.pick([1_000, 1_000, 2_000, 10_000]),
    ttlMs: random.weighted([
      [5, 300_000],
      [1, 300],
      [1, 1_500],
    ]),
    absenceTtlMs: random.pick([0, 30_000]),
    relayPollMs: random.weighted([
      [1, 20],
      [3, 200],
      [3, 500],
      [3, 1_000],
    ]),
    relayMaxBackoffMs: 1_000,
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
    dawdling: Array.from({ length: random.below(4) }, () => random.pick(dawdlers)),
    dawdleMs: random.pick([30, 120, 120, 900]),
    clockSkewMs: random.pick([0, 0, 0, 500]),
  };
}

const dawdlers: readonly Dawdler[] = [
  "get",
  "lease",
  "fill",
  "hold",
  "release",
  "answer of the cache",
  "answer to fill",
  "select",
  "answer to select",
  "COMMIT",
  "COMMIT",
  "answer to COMMIT",
  "log",
];

function makeOperations(
  random: Random,
  settings: Settings,
  keys: readonly string[],
  withViews: boolean,
): Operation[] {
  const count = random.pick([6, 10, 16, 24]);
  const thinkMs = settings.usualMs * random.pick([0.5, 2, 6]);
  const readers = random.chance(0.5) ? 3 : 1;
  return Array.from({ length: count }, (_, id) => ({
    id,
    process: random.below(settings.processes),
    client: random.below(2),
    thinkMs: random.next() * thinkMs,
    action: makeAction(random, keys, withViews, true, readers),
  }));
}

function makeAction(
  random: Random,
  keys: readonly string[],
  withViews: boolean,
  top: boolean,
  readers = 1,
): Action {
  const key = random.pick(keys);
  const view = random.pick(["u", "v"] as const);
  const source = random.below(2);
  return random.weighted<() => Action>([
    [top ? 10 * readers : 3, () => ({ kind: "get", key })],
    [top ? 2 : 0, () => ({ kind: "getMany", keys })],
    [4, () => ({ kind: "set", key })],
    [3, () => ({ kind: "update", key })],
    [top ? 1 : 0, () => ({ kind: "swap", key })],
    [2, () => ({ kind: "delete", key })],
    [withViews && top ? 8 * readers : 0, () => ({ kind: "load", view })],
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
  "hold-confirmed",
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
      case "late-hold":
        return { id, when, kind, process, forMs };
      case "lose-commit":
        return { id, when, kind, process, how: random.pick(["never", "late", "done"]), forMs };
      default:
        return { id, when, kind, forMs };
    }
  });
}

/** Faults that meet at one write: a hold that is lost or not confirmed, and a writer that dies or is cut off in its commit window. */
function makeCombination(random: Random, settings: Settings, keys: readonly string[]): Fault[] {
  const process = random.below(settings.processes);
  const other = random.below(settings.processes);
  const count = 1 + random.below(3);
  const longMs = random.pick([300, 1_500]);
  const at = (point: Point): Trigger => ({ process, point, count });
  const lost: Fault = random.pick<Fault>([
    { id: 0, when: at("hold-applied"), kind: "evict", key: random.pick(keys) },
    { id: 0, when: at("commit-sent"), kind: "evict", key: random.pick(keys) },
    { id: 0, when: at("hold-applied"), kind: "restart-cache", forMs: 0 },
    { id: 0, when: at("hold-applied"), kind: "restart-cache", forMs: 60 },
    { id: 0, when: at("commit-sent"), kind: "restart-cache", forMs: 0 },
    { id: 0, when: at("hold-sent"), kind: "partition", process, forMs: longMs },
    { id: 0, when: at("hold-sent"), kind: "pause-cache", forMs: longMs },
    { id: 0, when: at("hold-sent"), kind: "cut", process },
  ]);
  const struck: Fault = random.pick<Fault>([
    { id: 1, when: at("commit-applied"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("commit-sent"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("release-sent"), kind: "crash", process, forMs: random.pick([-1, 0, 300]) },
    { id: 1, when: at("commit-applied"), kind: "partition", process, forMs: longMs },
    { id: 1, when: at("release-sent"), kind: "partition", process, forMs: longMs },
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
    "database-down",
  ];
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(all));
}
