import type { InvalidationEntry, InvalidationLog } from "@aside/core";
import { keysDroppedWith } from "../oracle/registers.js";
import { context } from "../world/context.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import type { SimTransactions } from "./sim-transactions.js";

/** The invalidation log, as one process reaches it. */
export class SimLog implements InvalidationLog {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #transactions: SimTransactions;

  constructor(world: World, process: SimProcess, transactions: SimTransactions) {
    this.#world = world;
    this.#process = process;
    this.#transactions = transactions;
  }

  async append(entries: readonly InvalidationEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const last = context.getStore()?.operation?.writes.at(-1);
    const told = last?.bypass === true ? last : undefined;
    const facts =
      this.#transactions.current()?.facts ?? told ?? this.#process.endingWith(entries.map(({ key }) => key));
    for (const { id, key } of entries) {
      facts?.logging.add(key);
      if (facts !== undefined) this.#world.history.owns(facts, id);
    }
    const appended = this.#transactions.statement(
      `log ${entries.map(({ key }) => key).join(" ")}`,
      (transaction, finish) => {
        transaction.appended.push(...entries);
        finish(undefined);
      },
    );
    const { scheduler } = this.#world;
    const sentAtMs = scheduler.nowMs;
    const alone = this.#transactions.current() === undefined;
    try {
      await appended;
    } catch (error) {
      for (const { key } of entries) {
        facts?.logging.delete(key);
        facts?.unlogged.add(key);
      }
      throw error;
    } finally {
      if (alone) this.#process.loggingMs += scheduler.nowMs - sentAtMs;
    }
  }

  async read(cache: string, limit: number, afterId?: string): Promise<readonly InvalidationEntry[]> {
    const { database } = this.#world;
    return this.#transactions.outside(() =>
      this.#transactions.statement("read log", (_transaction, finish) => {
        // Ids are random, so the order of commits stands in for theirs where all rows fit: else no seed would repeat its run.
        const rows = [...database.log.values()].filter((entry) => entry.cache === cache);
        if (rows.length < limit) finish(afterId === undefined ? rows : []);
        else throw new Error("the simulated log is longer than a page");
      }),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { history, loads, settings } = this.#world;
    const keys = history.strikeSent(ids).flatMap(keysDroppedWith);
    // A relay has just told the stores that have near caches what it has delivered, and they detach the flights of it.
    if (settings.nearTtlMs !== undefined) loads.detach(this.#process, keys);
    await this.#transactions.statement(`strike ${ids.length}`, (transaction, finish) => {
      transaction.removed.push(...ids);
      finish(undefined);
    });
  }

  async oldestAgeMs(): Promise<number | undefined> {
    return undefined;
  }
}
