import { sometimesDirect } from "./direct-read.js";
import { makeCombination, makeFaults, seeds } from "./make-faults.js";
import { makeSettings } from "./make-settings.js";
import type { Action, Dawdler, Fault, Operation, Plan, Settings } from "./plan.js";
import type { Random } from "./random.js";

/** What one operation of a plan does; `isWrite` is told by the plan. */
type ActionMaker = (isWrite: boolean) => Action;

interface Traffic {
  readonly writes: number;
  readonly reads: number;
  /** Over how long the operations are spread, in all. */
  readonly spanMs: number;
}

/** A few writes and many reads, by several clients of several processes, one after the other in each. */
function makeTraffic(
  random: Random,
  { processes }: Settings,
  { writes, reads, spanMs }: Traffic,
  make: ActionMaker,
): Operation[] {
  const clients = processes * 2;
  const thinkMs = (2 * spanMs * clients) / (writes + reads);
  return Array.from({ length: writes + reads }, (_, id): Operation => {
    const isWrite = random.chance(writes / (writes + reads));
    return {
      id,
      process: random.below(processes),
      client: isWrite ? 0 : 1 + random.below(2),
      thinkMs: random.next() * thinkMs,
      action: make(isWrite),
    };
  });
}

function makeSourceWrite(random: Random, { clearable }: Settings): Action {
  const source = random.below(2);
  const clears = clearable && random.chance(0.5);
  return random.weighted<Action>([
    [4, { kind: "persist", source, clears }],
    [4, { kind: "bypass", source, clears }],
    [1, { kind: "slip", source }],
  ]);
}

function makeOnKeyOrViews(random: Random, settings: Settings): ActionMaker {
  const onViews = random.chance(0.5);
  const view = random.pick(["u", "v"] as const);
  if (!onViews) return makeOnKey(random);
  return (isWrite) =>
    isWrite ? makeSourceWrite(random, settings) : sometimesDirect(random, { kind: "load", view });
}

function makeOnKey(random: Random): ActionMaker {
  return (isWrite) => {
    if (!isWrite) return sometimesDirect(random, { kind: "get", key: "a" });
    return { kind: random.pick(["set", "set", "update", "delete"]), key: "a" };
  };
}

const readDawdlers: readonly Dawdler[] = [
  "get",
  "answer of the cache",
  "fill",
  "answer to fill",
  "select",
  "answer to select",
  "COMMIT",
  "hold",
  "release",
];

/** Views under tags, and a store that is cleared; seeds are lost, late and held. */
export function makeTagPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([2, 2, 3]),
    nodes: random.pick([1, 2]),
    tagged: true,
    clearable: random.chance(0.4),
    usualMs: 5,
    slowShare: random.pick([0, 0.02]),
    leaseWaitMs: random.pick([0, 20]),
    dawdling: [random.pick(["COMMIT", "COMMIT", "seed", "select"]), random.pick(readDawdlers)],
    dawdleMs: random.pick([60, 120]),
  };
  const view = random.pick(["u", "v"] as const);
  const traffic = { writes: 1 + random.below(3), reads: 8 + random.below(8), spanMs: settings.dawdleMs };
  const operations = makeTraffic(random, settings, traffic, (isWrite) =>
    isWrite ? makeSourceWrite(random, settings) : sometimesDirect(random, { kind: "load", view }),
  );
  const faults = random.chance(0.6) ? makeCombination(random, settings, [view, ...seeds]) : [];
  return { seed, timing: 0, settings, operations, faults };
}

/**
 * A hold is lost in the commit window, in which others read, and the release cannot be confirmed: its writer dies, or is cut off from the cache. Only
 * the log is left to tell.
 */
export function makeLostHoldPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: 2,
    failingLoads: 0,
    usualMs: 3,
    slowShare: 0,
    leaseWaitMs: 0,
    ttlMs: 300_000,
    dawdling: ["COMMIT"],
    dawdleMs: 100,
    clockSkewMs: 0,
  };
  const onRow = random.chance(0.5);
  const write: Action = onRow ? { kind: "set", key: "a" } : { kind: "persist", source: 0 };
  const read: Action = onRow ? { kind: "get", key: "a" } : { kind: "load", view: "u" };
  const operations = Array.from(
    { length: 13 },
    (_, id): Operation => ({
      id,
      process: id === 0 ? 0 : random.below(2),
      client: id === 0 ? 0 : 1 + random.below(3),
      thinkMs: random.next() * 40,
      action: id === 0 ? write : sometimesDirect(random, read),
    }),
  );
  const lost = { process: 0, point: random.pick(["hold-confirmed", "commit-sent"] as const), count: 1 };
  const committed = { process: 0, point: "commit-applied", count: 1 } as const;
  const key = onRow ? "a" : settings.tagged ? "~tag:t0" : "u";
  const faults: readonly Fault[] = [
    { id: 0, when: lost, kind: "evict", key },
    onRow
      ? { id: 1, when: committed, kind: "partition", process: 0, node: undefined, forMs: 1_500 }
      : { id: 1, when: committed, kind: "crash", process: 0, forMs: random.pick([-1, 0, 300]) },
  ];
  return { seed, timing: 0, settings, operations, faults };
}

/** A commit that its writer gave up to know arrives late, and others read meanwhile. */
export function makeLateCommitPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: 2,
    failingLoads: 0,
    usualMs: 3,
    slowShare: 0,
    leaseWaitMs: 0,
    ttlMs: 300_000,
    dawdling: [],
    clockSkewMs: 0,
  };
  const lateMs = random.pick([200, 600]);
  const operations = Array.from(
    { length: 13 },
    (_, id): Operation => ({
      id,
      process: id === 0 ? 0 : random.below(2),
      client: id === 0 ? 0 : 1 + random.below(2),
      thinkMs: random.next() * lateMs * (id === 0 ? 0.1 : 0.6),
      action: id === 0 ? { kind: "set", key: "a" } : sometimesDirect(random, { kind: "get", key: "a" }),
    }),
  );
  const when = { process: 0, point: "hold-sent", count: 1 } as const;
  const late: Fault = { id: 0, when, kind: "lose-commit", process: 0, how: "late", forMs: lateMs };
  return { seed, timing: 0, settings, operations, faults: [late] };
}

/** A seed whose making was given up arrives when its tag was invalidated meanwhile. */
export function makeLateSeedPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: 2,
    nodes: 1,
    tagged: true,
    clearable: false,
    failingLoads: 0,
    usualMs: 3,
    slowShare: 0,
    cacheTimeoutMs: 50,
    leaseWaitMs: 0,
    dawdling: [],
  };
  const lateMs = random.pick([400, 800]);
  const early = random.pick([0.2, 1.02]);
  const operations = Array.from(
    { length: 14 },
    (_, id): Operation => ({
      id,
      process: id === 1 ? 1 : id === 0 ? 0 : random.below(2),
      client: id < 2 ? 0 : id,
      // Whoever reads before it arrives makes another seed, and the late one finds that there.
      thinkMs: id === 0 ? 0 : id === 1 ? 0.85 * lateMs : lateMs * random.between(early, 1.5),
      action: id === 1 ? { kind: "persist", source: 0 } : { kind: "load", view: "u" },
    }),
  );
  const late: Fault = { id: 0, when: { atMs: 0 }, kind: "late-seed", process: 0, forMs: lateMs };
  return { seed, timing: 0, settings, operations, faults: [late] };
}

/** Values that end soon, are refreshed before, or stand in while their source fails or is slow. */
export function makeEndingPlan(seed: number, random: Random): Plan {
  return random.chance(0.3) ? makeFailingPlan(seed, random) : makeSourcesPlan(seed, random);
}

/** The load of an ended value dawdles and fails; a write of another process comes in between, and readers of the same flight after it. */
function makeFailingPlan(seed: number, random: Random): Plan {
  const ttlMs = 40;
  const settings: Settings = {
    ...makeSettings(random),
    processes: 2,
    nodes: 1,
    ttlMs,
    refreshBeforeMs: 0,
    staleIfErrorMs: 5_000,
    softTimeoutMs: undefined,
    failingLoads: 0.5,
    leaseWaitMs: 0,
    usualMs: 2,
    slowShare: 0,
    dawdling: ["answer to select"],
    dawdleMs: 200,
    dawdlingSlot: 0,
    clockSkewMs: 0,
  };
  const endedMs = ttlMs + 20;
  const get = (id: number, process: number, thinkMs: number): Operation => ({
    id,
    process,
    client: id,
    thinkMs,
    action: { kind: "get", key: "a" },
  });
  const operations: readonly Operation[] = [
    get(0, 1, 0),
    get(1, 0, endedMs),
    { ...get(2, 1, endedMs + random.between(5, 60)), action: { kind: "set", key: "a" } },
    ...Array.from({ length: 8 }, (_, index) => get(3 + index, 0, endedMs + random.next() * 200)),
  ];
  return { seed, timing: 0, settings, operations, faults: [] };
}

function makeSourcesPlan(seed: number, random: Random): Plan {
  const ttlMs = random.pick([150, 400]);
  const refreshes = random.chance(0.5);
  const fails = !refreshes || random.chance(0.3);
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([1, 2, 2, 3]),
    ttlMs,
    refreshBeforeMs: refreshes ? ttlMs * random.pick([0.5, 0.9]) : 0,
    staleIfErrorMs: fails ? random.pick([500, 5_000]) : 0,
    softTimeoutMs: fails && random.chance(0.4) ? random.pick([5, 30]) : undefined,
    failingLoads: fails ? random.pick([0, 0.3, 0.6]) : 0,
    leaseWaitMs: random.pick([0, 20, 200]),
    usualMs: 5,
    slowShare: random.pick([0, 0.02]),
    dawdling: [random.pick(readDawdlers), random.pick(readDawdlers)],
    dawdleMs: random.pick([60, 120]),
    relayPollMs: random.pick([200, 500]),
  };
  const traffic = { writes: 1 + random.below(4), reads: 10 + random.below(10), spanMs: ttlMs * 2.5 };
  const operations = makeTraffic(random, settings, traffic, makeOnKeyOrViews(random, settings));
  const faults = random.chance(0.4) ? makeFaults(random, settings, ["a"], traffic.spanMs) : [];
  return { seed, timing: 0, settings, operations, faults };
}

/** Rows that end by themselves, and whose end is moved. */
export function makeMovingPlan(seed: number, random: Random): Plan {
  const fails = random.chance(0.4);
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([1, 2]),
    ttlMs: fails ? 150 : random.pick([400, 300_000]),
    staleIfErrorMs: fails ? 3_000 : 0,
    failingLoads: fails ? 0.4 : 0,
    touchLeadMs: random.pick([0, 200, 600]),
    nearTtlMs: random.chance(0.25) ? 150 : undefined,
    clockSkewMs: 0,
    usualMs: random.pick([1, 5]),
    slowShare: random.pick([0, 0, 0.02]),
    dawdling: [random.pick(readDawdlers)],
    dawdleMs: 60,
    relayPollMs: random.pick([200, 500]),
  };
  const forMs = (): number => random.pick([60, 150, 300, 600]) + random.next() * 100;
  const traffic = { writes: 6 + random.below(6), reads: 8 + random.below(10), spanMs: 700 };
  const operations = makeTraffic(random, settings, traffic, (isWrite) => {
    if (!isWrite) return { kind: "get", key: "a" };
    return random.weighted<Action>([
      [3, { kind: "set", key: "a", forMs: forMs() }],
      [9, { kind: "touch", key: "a", forMs: forMs() }],
      [1, { kind: "update", key: "a" }],
      [1, { kind: "delete", key: "a" }],
    ]);
  });
  const faults = random.chance(0.3) ? makeFaults(random, settings, ["a"], traffic.spanMs) : [];
  return { seed, timing: 0, settings, operations, faults };
}

/** Near caches, told by a bus, by one that loses and delays, or by none. */
export function makeNearPlan(seed: number, random: Random): Plan {
  return random.chance(0.3) ? makeOvertakenPlan(seed, random) : makeTrafficPlan(seed, random);
}

/** What the cache has to say to one process dawdles, and the bus does not: a whole write of another process overtakes it. */
function makeOvertakenPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: 2,
    clearable: false,
    nearTtlMs: 600,
    bus: "prompt",
    usualMs: random.pick([1, 3]),
    slowShare: 0,
    dawdling: ["answer of the cache", "answer to fill"],
    dawdleMs: 150,
    dawdlingSlot: 0,
  };
  const spanMs = random.pick([300, 600]);
  const traffic = { writes: 4 + random.below(4), reads: 24 + random.below(8), spanMs };
  const operations = makeTraffic(random, settings, traffic, makeOnKey(random));
  return { seed, timing: 0, settings, operations, faults: [] };
}

function makeTrafficPlan(seed: number, random: Random): Plan {
  const settings: Settings = {
    ...makeSettings(random),
    processes: random.pick([2, 2, 3]),
    clearable: random.chance(0.3),
    nearTtlMs: random.pick([50, 200, 600]),
    bus: random.pick(["none", "prompt", "lossy"]),
    usualMs: 5,
    slowShare: random.pick([0, 0, 0.02]),
    dawdling: random.pick<readonly Dawdler[]>([[], [random.pick(readDawdlers)], ["answer of the cache"]]),
    dawdleMs: random.pick([40, 120]),
    relayPollMs: random.pick([200, 500]),
  };
  const spanMs = random.pick([100, 100, 600]);
  const traffic = { writes: 2 + random.below(3), reads: 14 + random.below(8), spanMs };
  const operations = makeTraffic(random, settings, traffic, makeOnKeyOrViews(random, settings));
  const faults = random.chance(0.3) ? makeFaults(random, settings, ["a"], traffic.spanMs) : [];
  return { seed, timing: 0, settings, operations, faults };
}
