import { setTimeout as sleep } from "node:timers/promises";
import type { Read } from "../history/history.js";
import type { Seen } from "../history/history-event.js";
import { pairs, partRegister, registers, slots, storeNames } from "../plan/keys.js";
import { type Mark, openDatabase, type Part, partsTable } from "../worker/stores.js";
import type { Cluster } from "./cluster.js";

const restTimeoutMs = 30_000;
const drainTimeoutMs = 20_000;
const endTimeoutMs = 15_000;
const refillTimeoutMs = 10_000;
const pollMs = 50;
/** Name of the parent among the processes of a history. */
const parent = "parent";

/** What stood in the end. */
export interface Rest {
  /** The rows of the database, by register. */
  readonly rows: ReadonlyMap<string, Seen>;
  /** The parent's own read of them, which bounds the last reads of the workers. */
  readonly read: Read;
  readonly defects: readonly string[];
}

/**
 * Brings a run to rest after its last fault: all work ends, the invalidation log runs empty, and then everybody must find what
 * the database holds: those that lived through it, and a fresh process, also from the cache alone.
 */
export async function bringToRest(cluster: Cluster): Promise<Rest> {
  const defects: string[] = [];
  await Promise.all(
    cluster.workers.map(async (worker) => {
      try {
        await worker.ask({ type: "rest" }, "resting", restTimeoutMs);
      } catch (error) {
        defects.push(`an operation did not end: ${String(error)}`);
      }
    }),
  );
  const { knex, database } = openDatabase(cluster.database.url);
  try {
    const drained = await untilEmpty(() => database.log.oldestAgeMs("memcached"));
    if (!drained)
      defects.push(`the invalidation log was not empty ${drainTimeoutMs} ms after the last write`);
    const beginMs = cluster.clock.begin();
    const rows = new Map((await readRows(openRows(knex, database))).map((seen) => [seen.register, seen]));
    const read: Read = {
      process: parent,
      beginMs,
      endMs: cluster.clock.end(),
      source: "row",
      seen: [...rows.values()],
    };
    await everybodyReads(cluster, rows, defects);
    return { rows, read, defects };
  } finally {
    await database.close();
    await knex.destroy();
  }
}

/** Ends all workers; each must close everything and then have nothing left that keeps it alive. */
export async function endWorkers(cluster: Cluster): Promise<string[]> {
  const defects: string[] = [];
  await Promise.all(
    cluster.workers.map(async (worker) => {
      if (!worker.alive || (await worker.end(endTimeoutMs))) return;
      defects.push(`worker ${worker.name} did not end by itself after everything was closed`);
    }),
  );
  return defects;
}

async function everybodyReads(
  cluster: Cluster,
  rows: ReadonlyMap<string, Seen>,
  defects: string[],
): Promise<void> {
  const fresh = await cluster.startWorker(cluster.workers.length, true);
  for (const worker of cluster.workers) {
    if (!worker.alive) continue;
    const { seen } = await worker.ask({ type: "read-all" }, "read-all", restTimeoutMs);
    defects.push(...differences(worker.name, seen, rows));
  }
  // What killed workers left behind runs out first: holds hide their keys till then, leases make readers wait.
  for (let waitedMs = 0; waitedMs < refillTimeoutMs; waitedMs += pollMs) {
    const { seen, fromCache } = await fresh.ask({ type: "read-all" }, "read-all", restTimeoutMs);
    defects.push(...differences(fresh.name, seen, rows));
    if (fromCache) return;
    await sleep(pollMs);
  }
  defects.push("the cache did not come to hold all values");
}

function* differences(
  name: string,
  seen: readonly Seen[],
  rows: ReadonlyMap<string, Seen>,
): Generator<string> {
  for (const { id } of registers) {
    const found = seen.find(({ register }) => register === id);
    const row = rows.get(id);
    if (found?.state === row?.state && found?.by === row?.by) continue;
    yield `${name} found state ${found?.state} of ${id} in the end, the row has ${row?.state}`;
  }
}

async function untilEmpty(ageMs: () => Promise<number | undefined>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < drainTimeoutMs; waitedMs += pollMs) {
    if ((await ageMs()) === undefined) return true;
    await sleep(pollMs);
  }
  return false;
}

function openRows(
  knex: ReturnType<typeof openDatabase>["knex"],
  database: ReturnType<typeof openDatabase>["database"],
) {
  return {
    mark: async (store: string, key: string) =>
      (await database.collection<Mark>(store).readMany([key])).get(key)?.value,
    part: (id: string) => knex<Part>(partsTable).where({ id }).first(),
  };
}

async function readRows(rows: ReturnType<typeof openRows>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const { id, kind, store } of registers) {
    if (kind !== "row") continue;
    const mark = await rows.mark(store, id.slice(store.length + 1));
    seen.push(
      mark === undefined ? { register: id, state: "absent" } : { register: id, state: mark.n, by: mark.by },
    );
  }
  for (const { key, parts } of pairs) {
    for (const part of parts) {
      const row = await rows.part(part);
      if (row !== undefined) seen.push({ register: partRegister(key, part), state: row.n, by: row.by });
    }
  }
  return seen;
}

/** Writes of a slot and of its number row commit together: in the end they must agree. */
export function* tornSlots(rows: ReadonlyMap<string, Seen>): Generator<string> {
  for (const { key, number } of slots) {
    const slot = rows.get(`${storeNames.slots}:${key}`);
    const counted = rows.get(`${storeNames.tally}:${number}`);
    if (slot?.state === "absent" || slot?.state === counted?.state) continue;
    yield `slot ${key} ended in state ${slot?.state}, its number row in ${counted?.state}`;
  }
}
