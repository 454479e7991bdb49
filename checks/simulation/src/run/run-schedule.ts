import { kindOf, staleAtMs } from "../cache/entry-bytes.js";
import { rowName, sourceName } from "../database/sim-collection.js";
import { relayBoundMs } from "../oracle/excuse.js";
import { Reads } from "../oracle/reads.js";
import { cacheKeyOf } from "../oracle/registers.js";
import type { Operation, Plan } from "../plan/plan.js";
import { rowKeys } from "../plan/plan.js";
import { Random } from "../plan/random.js";
import { settled as allSettled } from "../world/scheduler.js";
import type { SimProcess } from "../world/sim-process.js";
import { type Core, World } from "../world/world.js";
import { armFaults } from "./faults.js";
import { perform, type Stage } from "./perform.js";

/** What came of one schedule. */
export interface Outcome {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly events: number;
  readonly reads: number;
  readonly excused: ReadonlyMap<string, number>;
}

/** The longest that a workload may take; beyond it something hangs. */
const mostMs = 120_000;

/** Runs one plan against `core`, from the first call to the last `close()`. */
export async function runSchedule(plan: Plan, core: Core, tracing = false): Promise<Outcome> {
  const world = new World(plan, core, tracing);
  const reads = new Reads(world);
  const stage: Stage = { world, reads };
  const ownRandom = Math.random;
  const coreRandom = new Random(plan.seed, plan.timing, 1);
  Math.random = () => coreRandom.next();
  const unhandled = (error: unknown): void => {
    const text = error instanceof Error ? error.stack : String(error);
    world.history.violated(`unhandled rejection: ${text}`);
  };
  process.on("unhandledRejection", unhandled);
  try {
    await play(stage, plan);
  } finally {
    process.off("unhandledRejection", unhandled);
    Math.random = ownRandom;
  }
  for (const suspicion of world.loads.conclude()) world.history.violated(suspicion);
  return {
    violations: world.history.violations,
    trace: world.trace ?? [],
    events: world.scheduler.steps,
    reads: reads.checked,
    excused: reads.excused,
  };
}

async function play(stage: Stage, plan: Plan): Promise<void> {
  const { world } = stage;
  const { scheduler, history, database } = world;
  for (const key of rowKeys.slice(0, 2)) seed(world, rowName(key));
  seed(world, sourceName(0));
  let busy = 0;
  const queues = new Map<string, Operation[]>();
  for (const operation of plan.operations) {
    const name = `${operation.process} ${operation.client}`;
    queues.set(name, [...(queues.get(name) ?? []), operation]);
  }
  const waiting = new Map<SimProcess, number>();

  const next = (process: SimProcess, queue: Operation[]): void => {
    const operation = queue.shift();
    if (operation === undefined) return;
    busy += 1;
    waiting.set(process, (waiting.get(process) ?? 0) + 1);
    scheduler.after(operation.thinkMs, process, () => {
      void perform(stage, process, operation).then(() => {
        busy -= 1;
        waiting.set(process, (waiting.get(process) ?? 0) - 1);
        next(process, queue);
      });
    });
  };
  const start = (slot: number): void => {
    const process = world.start(slot);
    for (const [name, queue] of queues) if (name.startsWith(`${slot} `)) next(process, queue);
  };
  const buried = new Set<SimProcess>();
  const bury = (): void => {
    for (const process of waiting.keys()) {
      if (process.alive || buried.has(process)) continue;
      buried.add(process);
      busy -= waiting.get(process) ?? 0;
    }
  };
  for (let slot = 0; slot < plan.settings.processes; slot += 1) start(slot);
  armFaults(plan.faults, world, start);

  const done = (): boolean => {
    bury();
    return busy === 0 && world.restarts === 0;
  };
  // A process that does not come back leaves its operations undone.
  if (!(await scheduler.run(mostMs, done))) history.violated(`${busy} operations hang`);
  await heal(stage);
  await close(stage);
  // What was under way arrives; then nothing may be left of a closed store.
  await scheduler.run(scheduler.nowMs + 5_000, () => false);
  for (const process of world.processes) {
    const left = scheduler.pending(process);
    if (left > 0) history.violated(`${left} timers of ${process.name} are left when all is closed`);
  }
  if (database.log.size > 0) history.violated(`${database.log.size} log rows were never delivered`);
}

function seed(world: World, register: string): void {
  const id = `first-${register}`;
  world.history.begin(register, id);
  world.database.rows.set(register, { id });
}

/** Everything works again; within the bound of the relay the log runs empty, and everybody reads what the database holds. */
async function heal(stage: Stage): Promise<void> {
  const { world } = stage;
  const { scheduler, history, database, plan } = world;
  const endOf = Math.max(
    database.downUntilMs,
    ...world.nodes.flatMap(({ downUntilMs, pausedUntilMs }) => [downUntilMs, pausedUntilMs]),
    ...world.processes.flatMap(({ pausedUntilMs, partitionedUntilMs }) => [
      pausedUntilMs,
      partitionedUntilMs,
    ]),
    world.disturbedUntilMs,
  );
  world.healed = true;
  world.note(() => "HEALED");
  await scheduler.run(endOf, () => false);
  for (const [slot, process] of world.processes.entries()) if (!process.alive) world.start(slot);
  // An unknown commit holds its keys until it is settled; a crashed writer's hold runs out.
  // One in eight worlds is watched for as long as the bound allows, the others until nothing is left to deliver.
  const untilEmpty = plan.seed % 8 !== 0;
  await scheduler.run(
    scheduler.nowMs + 500 + relayBoundMs(world),
    () =>
      untilEmpty &&
      database.log.size === 0 &&
      world.processes.every(({ endings, lateEndings }) => endings.size + lateEndings.size === 0),
  );
  if (database.log.size > 0) {
    history.violated(`${database.log.size} log rows were not delivered within ${relayBoundMs(world)} ms`);
  }
  // What the near caches of others have may be old for so long.
  await scheduler.run(scheduler.nowMs + (world.settings.nearTtlMs ?? 0) + 5, () => false);
  stage.reads.settled();
  for (const process of world.processes) await readAll(stage, process);
  // Once more, what these reads have put into the cache.
  for (const process of world.processes.slice(0, 1)) await readAll(stage, process);
  await refillExpired(stage);
}

/**
 * An entry that has expired, but that the cache still holds, is leased and filled again by the first who reads it: the next
 * reader finds it there. For plans with short ttls.
 */
async function refillExpired(stage: Stage): Promise<void> {
  const { world } = stage;
  const { scheduler, settings, database } = world;
  const [process] = world.processes;
  const cacheKey = cacheKeyOf("a");
  if (settings.ttlMs > 2_000 || settings.clockSkewMs > 0 || process === undefined || world.lives.any) return;
  if (database.row(rowName("a")) === undefined) return;
  const get = (): Promise<void> =>
    whole(stage, perform(stage, process, operationOf({ kind: "get", key: "a" })));
  const look = (): Uint8Array | undefined => world.nodeOf(cacheKey).look(cacheKey)?.bytes;
  await get();
  await scheduler.run(scheduler.nowMs + 4 * settings.usualMs, () => false);
  const filled = look();
  if (filled === undefined || kindOf(filled) !== "value") return;
  await scheduler.run(staleAtMs(filled) - process.clock.nowMs() + scheduler.nowMs + 1, () => false);
  const expired = look();
  if (expired === undefined || kindOf(expired) !== "value" || staleAtMs(expired) > process.clock.nowMs())
    return;
  const before = world.history.sightings.length;
  await get();
  // A process that leaves the cache alone for the moment does not see it.
  if (world.history.sightings.length === before) return;
  await scheduler.run(scheduler.nowMs + 4 * settings.usualMs, () => false);
  const again = look();
  // The cache's own clock may have ended it meanwhile: then there is nothing to be said.
  if (again !== undefined && Buffer.compare(again, expired) === 0) {
    world.history.violated(`the expired entry of ${cacheKey} was read, and not leased`);
  }
}

async function readAll(stage: Stage, process: SimProcess): Promise<void> {
  const { plan } = stage.world;
  const keys = rowKeys.filter((key) =>
    plan.operations.some(({ action }) => JSON.stringify(action).includes(`"${key}"`)),
  );
  await whole(
    stage,
    perform(stage, process, operationOf({ kind: "getMany", keys: keys.length > 0 ? keys : ["a"] })),
  );
  if (!plan.operations.some(({ action }) => JSON.stringify(action).includes("source"))) return;
  await whole(stage, perform(stage, process, operationOf({ kind: "load", view: "u" })));
  await whole(stage, perform(stage, process, operationOf({ kind: "load", view: "v" })));
}

function operationOf(action: Operation["action"]): Operation {
  return { id: 1_000, process: 0, client: 0, thinkMs: 0, action };
}

async function close(stage: Stage): Promise<void> {
  const { world } = stage;
  for (const { store, name } of world.processes) {
    await whole(
      stage,
      store.close().catch((error) => world.history.violated(`close of ${name}: ${error}`)),
    );
  }
}

/** Lets events happen until `work` has settled. */
async function whole({ world }: Stage, work: Promise<unknown>): Promise<void> {
  let settled = false;
  void work.then(() => {
    settled = true;
  });
  await allSettled();
  if (!(await world.scheduler.run(world.scheduler.nowMs + 30_000, () => settled))) {
    world.history.violated("something hangs after all faults are over");
  }
}
