import {
  AsideError,
  type InvalidationLog,
  type TransactionEnd,
  type TransactionOptions,
  type TransactionScope,
} from "@aside/core";
import { keysOf } from "../oracle/write-facts.js";
import { type Context, context } from "../world/context.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { ClientTransaction } from "./client-transaction.js";
import { Session, type Statement } from "./session.js";
import { SimLog } from "./sim-log.js";

const mostAttempts = 4;
/** How long a process looks for the session of an unknown commit. */
const unknownCommitMs = 4_000;
const lookEveryMs = 120;

/** The transactions of one process. */
export class SimTransactions implements TransactionScope {
  readonly log: InvalidationLog;
  readonly #world: World;
  readonly #process: SimProcess;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
    this.log = new SimLog(world, process, this);
  }

  current(): ClientTransaction | undefined {
    const transaction = context.getStore()?.transaction;
    return transaction?.active ? transaction : undefined;
  }

  outside<T>(work: () => T): T {
    return context.run({ ...this.#context(), transaction: undefined }, work);
  }

  async run<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const surrounding = this.current();
    if (surrounding !== undefined) {
      try {
        return await work();
      } catch (error) {
        surrounding.spoil(error);
        throw error;
      }
    }
    for (let attempt = 1; ; attempt += 1) {
      const facts = this.#world.history.newWrite(this.#process, this.#context().operation);
      const transaction = new ClientTransaction(new Session(this.#world, this.#process, facts, true), facts);
      try {
        return await this.#attempt(transaction, work);
      } catch (error) {
        if (options.repeatable !== true || !transaction.conflicted || attempt === mostAttempts) throw error;
      }
    }
  }

  /** Runs a statement in the surrounding transaction, else by itself. */
  statement<T>(what: string, statement: Statement<T>): Promise<T> {
    const surrounding = this.current();
    if (surrounding !== undefined) return surrounding.execute(what, statement);
    return new Session(this.#world, this.#process, this.#process.noWrite, false).single(what, statement);
  }

  async #attempt<T>(transaction: ClientTransaction, work: () => Promise<T>): Promise<T> {
    const { session } = transaction;
    const within = { ...this.#context(), transaction };
    let result: T;
    try {
      result = await context.run(within, async () => {
        const value = await work();
        await transaction.beforeCommit();
        return value;
      });
    } catch (error) {
      transaction.active = false;
      session.rollback();
      await this.#tell(transaction, { outcome: "rolled-back" });
      throw error;
    }
    transaction.active = false;
    try {
      await session.commit();
    } catch {
      transaction.facts.unknown = true;
      session.destroy();
      const settled = context.run(within, () => this.#untilGone(session));
      await this.#tell(transaction, { outcome: "unknown", settled });
      throw new AsideError("COMMIT_UNKNOWN", "simulated: the answer to COMMIT was lost", {
        committed: "unknown",
      });
    }
    await this.#tell(transaction, { outcome: "committed" });
    return result;
  }

  async #tell(transaction: ClientTransaction, end: TransactionEnd): Promise<void> {
    const { endings, lateEndings } = this.#process;
    endings.add(transaction.facts);
    await this.outside(() => transaction.tell(end));
    this.#world.loads.detach(this.#process, keysOf(transaction.facts));
    // What is left to do behind the caller is still its own: where its end is unknown, or could not be logged.
    const { unknown, unlogged } = transaction.facts;
    endings.delete(transaction.facts);
    if (unknown || unlogged.size > 0) lateEndings.add(transaction.facts);
    // It detaches once more when it has removed them at last, and nobody is told.
    if (unlogged.size > 0) this.#world.loads.doubt(this.#process, keysOf(transaction.facts));
  }

  #untilGone(session: Session): Promise<"gone" | "waited"> {
    const { scheduler, database } = this.#world;
    const process = this.#process;
    const startMs = scheduler.nowMs;
    return new Promise((resolve) => {
      const look = (): void => {
        // Looks on another connection: asks, and is answered later.
        if (scheduler.nowMs - startMs >= unknownCommitMs && session.gone) resolve("waited");
        else if (database.up && session.gone) {
          scheduler.after(process.latencyMs(), process, () => resolve("gone"));
        } else scheduler.after(lookEveryMs, process, look);
      };
      scheduler.after(process.latencyMs(), process, look);
    });
  }

  #context(): Context {
    return (
      context.getStore() ?? {
        process: this.#process,
        operation: undefined,
        transaction: undefined,
      }
    );
  }
}
