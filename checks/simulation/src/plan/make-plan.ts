import { sometimesDirect } from "./direct-read.js";
import { makeCombination, makeFaults, tagSeeds } from "./make-faults.js";
import {
  makeEndingPlan,
  makeLateCommitPlan,
  makeLateSeedPlan,
  makeLostHoldPlan,
  makeMovingPlan,
  makeNearPlan,
  makeTagPlan,
} from "./make-feature-plan.js";
import { dawdlers, makeSettings } from "./make-settings.js";
import type { Action, Dawdler, Fault, Operation, Plan, Settings, Trigger } from "./plan.js";
import { rowKeys } from "./plan.js";
import { Random } from "./random.js";

/** The plan of a seed: a bit of everything; or many reads of one key around a few writes whose commits dawdle; or one with a purpose. */
export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  return random.weighted([
    [14, makeMixedPlan],
    [18, makeFocusedPlan],
    [2, makeLateHoldPlan],
    [6, makeTagPlan],
    [1, makeLateCommitPlan],
    [1, makeLateSeedPlan],
    [1, makeLostHoldPlan],
    [5, makeEndingPlan],
    [3, makeMovingPlan],
    [4, makeNearPlan],
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
    relayPollMs: slow ? 500 : random.pick([40, 200, 500]),
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
  const viewGuards = settings.tagged ? tagSeeds : ["v"];
  const faults = makeFocusedFaults(random, settings, wide, slow, onView ? viewGuards : ["a"]);
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
  keys: readonly string[],
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
    const restart: Fault = { id: 0, when, kind: "restart-cache", node: 0, forMs: 0 };
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
      node: undefined,
      forMs: 1_500,
    };
    return random.chance(0.5) ? [cut, crash] : [cut];
  }
  return random.chance(0.8) ? makeCombination(random, settings, keys) : [];
}

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
    [withViews && top ? 2 : 0, () => ({ kind: "bypass", source, clears: false })],
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
