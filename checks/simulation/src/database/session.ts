import { AsideError } from "@aside/core";
import type { WriteFacts } from "../oracle/write-facts.js";
import type { Dawdler } from "../plan/plan.js";
import type { Cancellable } from "../world/scheduler.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { ServerTransaction } from "./server-transaction.js";

/** What the server does with a statement: calls one of the two in the end, at once or when a lock is granted. */
export type Statement<T> = (
  transaction: ServerTransaction,
  finish: (result: T) => void,
  refuse: (error: AsideError) => void,
) => void;

interface Call {
  readonly isCommit: boolean;
  reject(error: AsideError): void;
}

const statementTimeoutMs = 2_500;

/**
 * One connection to the database, for one transaction or one statement. The server works on one statement after the other; each request and
 * each answer is an event.
 */
export class Session {
  readonly transaction: ServerTransaction;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #calls = new Set<Call>();
  readonly #queue: (() => void)[] = [];
  #busy = false;
  #lastArrivalMs = 0;
  #lastReplyMs = 0;
  #serverOpen = true;
  #open = true;
  #repliesLost = false;
  #commitsLost = false;
  #ending: Cancellable | undefined;

  constructor(world: World, process: SimProcess, facts: WriteFacts, main: boolean) {
    this.#world = world;
    this.#process = process;
    this.transaction = new ServerTransaction(facts, main);
    process.sessions.add(this);
  }

  /** Whether the client may use it. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether it can do nothing more at the server. */
  get gone(): boolean {
    return !this.transaction.active;
  }

  execute<T>(what: string, statement: Statement<T>): Promise<T> {
    return this.#call(what, false, undefined, (finish, refuse) =>
      statement(this.transaction, finish, (error) => {
        // The server ends the transaction of whoever loses a deadlock or waits too long.
        this.#world.database.rollback(this.transaction);
        refuse(error);
      }),
    );
  }

  /** A statement that stands alone: committed as it ends. */
  async single<T>(what: string, statement: Statement<T>): Promise<T> {
    const { database } = this.#world;
    try {
      return await this.#call<T>(what, false, undefined, (finish, refuse) =>
        statement(
          this.transaction,
          (result) => {
            database.commit(this.transaction);
            finish(result);
          },
          (error) => {
            database.rollback(this.transaction);
            refuse(error);
          },
        ),
      );
    } finally {
      this.#process.sessions.delete(this);
    }
  }

  /** Rejects when the outcome is not known. */
  async commit(): Promise<void> {
    const { scheduler, database } = this.#world;
    const process = this.#process;
    this.transaction.facts.commitSentAtMoment = this.#world.history.moment();
    const loss = process.takeCommitLoss();
    let extraMs = 0;
    if (loss !== undefined) {
      this.#repliesLost = true;
      if (loss.how === "never") this.#commitsLost = true;
      if (loss.how === "late") extraMs = loss.forMs;
      scheduler.after(process.latencyMs() + process.latencyMs(), process, () => this.destroy());
    }
    this.#world.reach(process, "commit-sent");
    await this.#call<void>("COMMIT", true, extraMs, (finish, refuse) => {
      if (this.#commitsLost) return;
      if (!this.transaction.active) {
        refuse(new AsideError("DATABASE_FAILED", "simulated: no transaction"));
        return;
      }
      database.commit(this.transaction);
      this.#world.reach(process, "commit-applied");
      finish();
    });
    process.sessions.delete(this);
  }

  rollback(): void {
    this.destroy();
  }

  /** The client ends it. What was sent before arrives before the end of the connection does. */
  destroy(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#process.sessions.delete(this);
    this.#serverSeesEnd();
    if (this.#calls.size > 0) this.#world.trouble();
    for (const call of [...this.#calls]) call.reject(lost());
  }

  /** The server or the network ends it; the client notices later. */
  kill(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#repliesLost = true;
    this.#world.database.rollback(this.transaction);
    this.#world.scheduler.after(this.#process.latencyMs(), this.#process, () => this.destroy());
  }

  /** The process is dead: what it sent may still be done. */
  abandon(): void {
    this.#open = false;
    this.#serverSeesEnd();
  }

  #serverSeesEnd(): void {
    const { scheduler, database } = this.#world;
    const atMs = Math.max(scheduler.nowMs + this.#process.latencyMs(), this.#lastArrivalMs);
    this.#ending?.cancel();
    this.#ending = scheduler.at(atMs, undefined, () => {
      this.#serverOpen = false;
      database.rollback(this.transaction);
    });
  }

  #call<T>(
    what: string,
    isCommit: boolean,
    extraMs: number | undefined,
    effect: (finish: (result: T) => void, refuse: (error: AsideError) => void) => void,
  ): Promise<T> {
    if (!this.#open) return Promise.reject(lost());
    const { scheduler, database } = this.#world;
    const process = this.#process;
    return new Promise<T>((resolve, reject) => {
      const late = scheduler.after(statementTimeoutMs, process, () => {
        this.#world.trouble();
        call.reject(new AsideError("DATABASE_TIMEOUT", "simulated: no answer from the database"));
        this.destroy();
      });
      const sentAtMs = scheduler.nowMs;
      const settle = (): void => {
        late.cancel();
        this.#calls.delete(call);
        const { operation } = this.transaction.facts;
        if (operation !== undefined) operation.databaseMs += scheduler.nowMs - sentAtMs;
      };
      const call: Call = {
        isCommit,
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#calls.add(call);
      this.#world.note(() => `${process.name} sends ${this.transaction.facts.name} ${what}`);
      const answer = (deliver: () => void): void => {
        this.#busy = false;
        if (this.#repliesLost) return;
        this.#lastReplyMs = Math.max(
          scheduler.nowMs + process.latencyMs(dawdlerOf(what, true)),
          this.#lastReplyMs,
        );
        scheduler.at(this.#lastReplyMs, process, () => {
          if (!this.#open || this.#repliesLost) return;
          settle();
          this.#world.acts(this.transaction.facts);
          deliver();
        });
        this.#queue.shift()?.();
      };
      const work = (): void => {
        this.#busy = true;
        const done = (outcome: string): void =>
          this.#world.note(() => `database does ${this.transaction.facts.name} ${what}: ${outcome}`);
        effect(
          (result) => {
            done("done");
            answer(() => resolve(result));
          },
          (error) => {
            done(error.code);
            answer(() => reject(error));
          },
        );
      };
      this.#lastArrivalMs = Math.max(
        scheduler.nowMs + process.latencyMs(dawdlerOf(what, false)) + (extraMs ?? 0),
        this.#lastArrivalMs,
      );
      scheduler.at(this.#lastArrivalMs, undefined, () => {
        if (!this.#serverOpen) return;
        if (!database.up) this.kill();
        else if (this.#busy) this.#queue.push(work);
        else work();
      });
    });
  }
}

function dawdlerOf(what: string, answer: boolean): Dawdler | undefined {
  if (what === "COMMIT") return answer ? "answer to COMMIT" : "COMMIT";
  if (what.startsWith("select")) return answer ? "answer to select" : "select";
  return what.startsWith("log") || what.startsWith("strike") ? "log" : undefined;
}

function lost(): AsideError {
  return new AsideError("DATABASE_UNAVAILABLE", "simulated: the connection to the database was lost");
}
