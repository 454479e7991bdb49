import { isAsideError } from "@aside/core";
import type { Row } from "../database/server-transaction.js";
import { rowName, sourceName } from "../database/sim-collection.js";
import type { Waited } from "../oracle/loads.js";
import type { Reads } from "../oracle/reads.js";
import { cacheKeyOf, tagOf, views, viewsOf } from "../oracle/registers.js";
import { keysOf, type WriteFacts } from "../oracle/write-facts.js";
import type { Action, Operation, Settings, View } from "../plan/plan.js";
import { rowKeys, sourcesOf } from "../plan/plan.js";
import { context } from "../world/context.js";
import type { SimProcess, Value } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import type { OperationRun } from "./operation-run.js";

/** How long an update pauses at most before it tries again. */
const longestPauseMs = 2_000;

/** How often a touch looks at a cached copy. */
const mostLooks = 3;

/** Thrown by work that shall be rolled back. */
class Undone extends Error {}

/** What operations need to happen and to be checked. */
export interface Stage {
  readonly world: World;
  readonly reads: Reads;
}

/** Lets `process` do one operation, and checks what it is told. */
export async function perform(stage: Stage, process: SimProcess, operation: Operation): Promise<void> {
  const { world, reads } = stage;
  const run: OperationRun = {
    operation,
    begunAtMs: world.scheduler.nowMs,
    writes: [],
    databaseMs: 0,
    pausesMs: 0,
    reads: 0,
    values: 0,
  };
  const elsewhereMs = process.pausedMs + process.loggingMs;
  const what = (): string => `${process.name} #${operation.id} ${JSON.stringify(operation.action)}`;
  world.note(() => `${what()} begins`);
  let failure: unknown;
  try {
    await context.run({ process, operation: run, transaction: undefined }, () =>
      act(stage, process, run, operation.action),
    );
  } catch (error) {
    failure = error;
  }
  world.note(() => `${what()} ends ${failure === undefined ? "well" : tell(failure)}`);
  const keys = new Set([...run.writes.flatMap(keysOf), ...touchedBy(operation.action)]);
  if (run.writes.length > 0) world.loads.detach(process, keys);
  if (isAsideError(failure, "COMMIT_UNKNOWN")) world.loads.doubt(process, keys);
  // One key failed; the reads of the others go on, and nobody is told when they end.
  if (failure !== undefined && operation.action.kind === "getMany") {
    world.loads.doubt(process, operation.action.keys);
  }
  judge(stage, run, failure, what);
  judgeTime(stage, run, process.pausedMs + process.loggingMs - elsewhereMs, what);
  for (const facts of run.writes) {
    const told = failure === undefined || isAsideError(failure, "CONFLICT");
    if (told && facts.committedAtMoment !== undefined) reads.acknowledged(facts);
  }
}

/**
 * A read waits for the cache for one deadline and one wait for another's lease, twice at most; a write for one deadline to hold and one to release;
 * an update that was overtaken pauses; the rest of the time belongs to the database.
 */
function judgeTime({ world }: Stage, run: OperationRun, elsewhereMs: number, what: () => string): void {
  const { cacheTimeoutMs, leaseWaitMs } = world.settings;
  const slackMs = 20;
  const allowedMs =
    run.reads * 2 * (cacheTimeoutMs + leaseWaitMs + slackMs) +
    run.writes.length * 2 * cacheTimeoutMs +
    run.databaseMs +
    run.pausesMs +
    elsewhereMs +
    slackMs;
  const tookMs = world.scheduler.nowMs - run.begunAtMs;
  if (tookMs > allowedMs) {
    world.history.violated(`${what()} took ${tookMs.toFixed(1)} ms, and ${allowedMs.toFixed(1)} are allowed`);
  }
}

/** Takes note of what a read waited for. */
function endRead(
  { world }: Stage,
  run: OperationRun,
  process: SimProcess,
  keys: readonly string[],
  reading: { end(): Waited } | undefined,
): void {
  if (reading === undefined) return;
  const { loads, loadMs, attached, alone } = reading.end();
  run.databaseMs += loadMs;
  run.reads += 1;
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0 || !attached || !alone) return;
  if (loads > 2 && world.loads.sure(process, key)) {
    world.history.violated(`a read of ${key} in ${process.name} waited for ${loads} loads`);
  }
}

/** Whether the error, or its absence, tells the truth. */
function judge({ world }: Stage, run: OperationRun, failure: unknown, what: () => string): void {
  const { history } = world;
  const committed = run.writes.some(({ committedAtMoment }) => committedAtMoment !== undefined);
  if (failure === undefined) {
    if (run.writes.length > 0 && !committed)
      history.violated(`${what()} resolved, but nothing was committed`);
    return;
  }
  if (failure instanceof Undone) {
    if (committed) history.violated(`${what()} was rolled back, and committed all the same`);
    return;
  }
  if (!isAsideError(failure)) {
    const text = failure instanceof Error ? failure.stack : String(failure);
    history.violated(`${what()} ended with no AsideError: ${text}`);
    return;
  }
  const changed = run.writes.some(
    ({ committedAtMoment, made }) => committedAtMoment !== undefined && made.length > 0,
  );
  // The store was told of it too late, or in vain: the caller has to tell it again.
  if (run.writes.some(({ bypass }) => bypass)) return;
  if (changed && failure.code !== "COMMIT_UNKNOWN") {
    history.violated(`${what()} rejected with ${failure.code}, but it was committed`);
  }
  if (failure.code.startsWith("CACHE_") && world.settings.whenCacheUnreachable === "log") {
    history.violated(`${what()} rejected with ${failure.code}`);
  }
  if (failure.code.startsWith("CACHE_") && run.writes.length === 0) {
    history.violated(`${what()}, a read, rejected with ${failure.code}`);
  }
}

function touchedBy(action: Action): readonly string[] {
  switch (action.kind) {
    case "getMany":
    case "get":
    case "load":
    case "slip":
      return [];
    case "persist":
    case "bypass":
      return action.clears === true ? [...rowKeys, ...views] : viewsOf(action.source);
    case "transaction":
      return action.parts.flatMap(touchedBy);
    default:
      return [action.key];
  }
}

async function act(stage: Stage, process: SimProcess, run: OperationRun, action: Action): Promise<void> {
  const { store } = process;
  switch (action.kind) {
    case "get":
      await readRows(stage, process, run, [action.key], async () => [await store.get(action.key)]);
      break;
    case "getMany":
      await readRows(stage, process, run, action.keys, async () => {
        const found = await store.getMany(action.keys);
        return action.keys.map((key) => found.get(key));
      });
      break;
    case "set":
      await store.set(action.key, newValue(run), action.forMs === undefined ? {} : { ttlMs: action.forMs });
      break;
    case "touch":
      await touch(stage, process, run, action.key, action.forMs);
      break;
    case "update":
      await update(stage, process, run, action.key);
      break;
    case "swap": {
      const read = stage.world.loads.beginRead(process, [action.key]);
      const found = await store
        .getVersioned(action.key)
        .finally(() => endRead(stage, run, process, [action.key], read));
      const value = newValue(run, idOf(found?.value) ?? null);
      await store.set(action.key, value, { expectedVersion: found?.version ?? null });
      break;
    }
    case "delete":
      await store.delete(action.key);
      break;
    case "load":
      await readView(stage, process, run, action.view);
      break;
    case "persist":
      if (action.clears === true) {
        await store.transaction(async () => {
          markLast(run, { clears: true });
          await process.sources.write(action.source, newValue(run));
          await store.clear();
        });
      } else {
        await store.persist(
          () => process.sources.write(action.source, newValue(run)),
          () => staleOf(action.source, stage.world.settings),
        );
      }
      break;
    case "slip":
      await process.transactions.run(() => {
        markLast(run, { slips: true });
        return process.sources.write(action.source, newValue(run));
      });
      break;
    case "bypass":
      await process.transactions.run(() => {
        markLast(run, { bypass: true, clears: action.clears });
        return process.sources.write(action.source, newValue(run));
      });
      await drop(process, action.source, action.clears);
      break;
    case "transaction":
      await store.transaction(async () => {
        for (const part of action.parts) await act(stage, process, run, part);
        if (action.fails) throw new Undone("on purpose");
      });
      break;
  }
}

/** What the change is first given is a read like others; what it is given again was read past the cache, after its last attempt had lost. */
async function update(stage: Stage, process: SimProcess, run: OperationRun, key: string): Promise<void> {
  const { world, reads } = stage;
  const transaction = context.getStore()?.transaction;
  const reading = transaction === undefined ? world.loads.beginRead(process, [key]) : undefined;
  let begunAtMoment = world.history.moment();
  let begunAtMs = world.scheduler.nowMs;
  let calls = 0;
  const endFirst = (): void => {
    if (calls === 0) endRead(stage, run, process, [key], reading);
    calls += 1;
  };
  const change = (current: Value | undefined): Row => {
    const direct = transaction !== undefined || calls > 0;
    if (calls > 0) run.pausesMs += longestPauseMs;
    endFirst();
    const register = rowName(key);
    if (transaction?.session.transaction.changes.has(register) !== true) {
      const cacheKey = cacheKeyOf(key);
      const id = idOf(current);
      reads.answered({ process, begunAtMoment, begunAtMs, cacheKey, register, id, direct });
    }
    begunAtMoment = world.history.moment();
    begunAtMs = world.scheduler.nowMs;
    return newValue(run, idOf(current) ?? null);
  };
  await process.store.update(key, change).finally(endFirst);
}

/** The application tells the store of a change that this has not made. */
async function drop({ store, settings }: SimProcess, source: number, clears: boolean): Promise<void> {
  if (clears) await store.clear();
  else if (settings.tagged) await store.invalidateTags(tagOf(source));
  else await store.invalidate(...viewsOf(source));
}

function staleOf(
  source: number,
  { tagged }: Settings,
): readonly string[] | { readonly tags: readonly string[] } {
  return tagged ? { tags: [tagOf(source)] } : viewsOf(source);
}

function markLast(
  { writes }: OperationRun,
  how: Partial<Pick<WriteFacts, "bypass" | "clears" | "slips">>,
): void {
  const last = writes.at(-1);
  if (last === undefined) throw new Error("no transaction was begun");
  Object.assign(last, how);
}

/** It may read the row, and move its end beside any transaction; else it is a write. */
async function touch(
  { world }: Stage,
  process: SimProcess,
  run: OperationRun,
  key: string,
  forMs: number,
): Promise<void> {
  const endsAtMs = Math.round(process.clock.nowMs() + forMs);
  const begun = world.lives.beginTouch(process, key, endsAtMs);
  // Each of its looks at the cached copy has a deadline, and so has each change of it.
  run.reads += mostLooks;
  let touched: boolean | undefined;
  try {
    touched = await process.store.touch(key, endsAtMs, { leadMs: process.settings.touchLeadMs });
  } finally {
    begun.end(touched, run.writes);
  }
}

async function readRows(
  stage: Stage,
  process: SimProcess,
  run: OperationRun,
  keys: readonly string[],
  read: () => Promise<readonly (Value | undefined)[]>,
): Promise<void> {
  const { world, reads } = stage;
  const begunAtMoment = world.history.moment();
  const begunAtMs = world.scheduler.nowMs;
  const direct = context.getStore()?.transaction !== undefined;
  const reading = direct ? undefined : world.loads.beginRead(process, keys);
  const values = await read().finally(() => endRead(stage, run, process, keys, reading));
  const transaction = context.getStore()?.transaction;
  for (const [index, key] of keys.entries()) {
    const register = rowName(key);
    // What the transaction itself has written nobody else knows yet.
    if (transaction?.session.transaction.changes.has(register) === true) continue;
    const id = idOf(values[index]);
    const cacheKey = cacheKeyOf(key);
    reads.answered({ process, begunAtMoment, begunAtMs, cacheKey, register, id, direct });
  }
}

async function readView(stage: Stage, process: SimProcess, run: OperationRun, view: View): Promise<void> {
  const { world, reads } = stage;
  const begunAtMoment = world.history.moment();
  const begunAtMs = world.scheduler.nowMs;
  const direct = context.getStore()?.transaction !== undefined;
  const reading = direct ? undefined : world.loads.beginRead(process, [view]);
  const loader = async (): Promise<Value> => {
    const load = direct ? undefined : world.loads.beginLoad(process, [view]);
    try {
      const sources = await process.sources.read(sourcesOf[view]);
      if (!direct) process.failLoad();
      return { sources };
    } finally {
      load?.end();
    }
  };
  const loading = process.store.load(view, loader, process.settings.tagged ? { tags: tagsOf(view) } : {});
  const value = await loading.finally(() => endRead(stage, run, process, [view], reading));
  const seen = value !== undefined && "sources" in value ? value.sources : [];
  const transaction = context.getStore()?.transaction;
  for (const [index, source] of sourcesOf[view].entries()) {
    const register = sourceName(source);
    if (transaction?.session.transaction.changes.has(register) === true) continue;
    const id = seen[index] ?? undefined;
    const cacheKey = cacheKeyOf(view);
    reads.answered({ process, begunAtMoment, begunAtMs, cacheKey, register, id, direct });
  }
}

function tagsOf(view: View): readonly string[] {
  return sourcesOf[view].map(tagOf);
}

function newValue(run: OperationRun, previous?: string | null): Row {
  run.values += 1;
  const id = `w${run.operation.id}.${run.values}`;
  return previous === undefined ? { id } : { id, previous };
}

function idOf(value: Value | undefined): string | undefined {
  return value !== undefined && "id" in value ? value.id : undefined;
}

function tell(failure: unknown): string {
  if (isAsideError(failure)) return failure.code;
  return failure instanceof Error ? failure.name : String(failure);
}
