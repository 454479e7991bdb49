/** One of the processes whose callers share the load of a key. Obeys the orders of its parent, and ends with it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Milliseconds, TieredStore } from "@aside/core";
import { KnexDatabase } from "@aside/knex";
import { asideCaches } from "../../contenders/aside-caches.js";
import { openKnex } from "../open-knex.js";
import { noteLoad } from "./loads-table.js";
import type { Order, Reply, Start } from "./messages.js";

/** A value, and the how-manieth load it comes from. */
interface Loaded {
  readonly load: number;
}

/** Over so long the callers of one key arrive. */
const arrivalsMs = 20;
/** A load takes so much longer than its callers take to arrive. */
const loadMs = 100;
/** Callers that keep asking pause up to so long in between. */
const longestPauseMs = 20;
/** Outlasts the check, on a machine as busy as it may be: what is counted must not depend on deadlines. */
const patienceMs = 15_000;

const start = JSON.parse(process.argv[2] ?? "") as Start;
const { callers } = start;
const knex = openKnex(start.databaseUrl, 4);
const [{ open }] = asideCaches as readonly [(typeof asideCaches)[number]];
const store = new TieredStore<Loaded>({
  name: "shared",
  cache: open(start.cacheAddress),
  transactions: new KnexDatabase(knex),
  cacheTimeoutMs: patienceMs,
  lease: { waitMs: patienceMs, ttlMs: patienceMs },
  ttlJitter: 0,
});

async function obey(order: Order): Promise<Reply> {
  switch (order.type) {
    case "trust-cache":
      return trustCache();
    case "ask-once":
      await sleep(Math.max(0, order.atMs - Date.now()));
      return askOnce(order.key);
    case "keep-asking":
      return keepAsking(order.key, order.untilMs, order.firstTtlMs);
  }
}

async function trustCache(): Promise<Reply> {
  let loads = 0;
  do {
    loads = 0;
    await store.load(`trusted by ${process.pid}`, async () => ({ load: ++loads }));
    await sleep(5);
  } while (loads > 0);
  return { seen: [] };
}

/**
 * A load ends only after the last of this process's callers has come, however slow the machine is: else one that comes later would rightly
 * begin another.
 */
async function askOnce(key: string): Promise<Reply> {
  let arrived = 0;
  let allArrived = (): void => undefined;
  const everybodyIsHere = new Promise<void>((resolve) => {
    allArrived = resolve;
  });
  const call = async (): Promise<Loaded | undefined> => {
    await sleep(Math.random() * arrivalsMs);
    const answer = store.load(key, async () => {
      const load = await noteLoad(knex, key);
      await Promise.all([everybodyIsHere, sleep(loadMs)]);
      return { load };
    });
    if (++arrived === callers) allArrived();
    return answer;
  };
  return replyOf(await Promise.all(Array.from({ length: callers }, call)));
}

async function keepAsking(key: string, untilMs: number, firstTtlMs: Milliseconds): Promise<Reply> {
  const load = async (): Promise<Loaded> => {
    const number = await noteLoad(knex, key);
    await sleep(loadMs);
    return { load: number };
  };
  const ttlMs = (value: Loaded): Milliseconds => (value.load === 1 ? firstTtlMs : 3_600_000);
  const call = async (): Promise<(Loaded | undefined)[]> => {
    const answers = [];
    while (Date.now() < untilMs) {
      answers.push(await store.load(key, load, { ttlMs }));
      await sleep(Math.random() * longestPauseMs);
    }
    return answers;
  };
  return replyOf((await Promise.all(Array.from({ length: callers }, call))).flat());
}

function replyOf(answers: readonly (Loaded | undefined)[]): Reply {
  return { seen: [...new Set(answers.map((answer) => answer?.load ?? 0))] };
}

process.on("disconnect", () => process.exit(0));
process.on("message", (order: Order) => void obey(order).then((reply) => process.send?.(reply)));
