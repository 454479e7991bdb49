import { AsyncLocalStorage } from "node:async_hooks";
import {
  isAsideError,
  type Observer,
  type StoreEvent,
  type Transaction,
  type TransactionParticipant,
} from "@aside/core";
import type { HistoryEvent, ReadSource, RegisterId, Seen, WriteOutcome } from "../history/history-event.js";
import type { HistoryWriter } from "../history/history-writer.js";
import type { RunClock } from "../history/run-clock.js";
import { OwnSqlError } from "./own-sql-error.js";

/** What a call of the workload is told while it runs. */
interface CallContext {
  readonly write: WriteUnderWay | undefined;
  source: ReadSource | undefined;
}

/** A write under way, which announces what it is about to commit. */
export interface WriteUnderWay {
  readonly id: string;
  /** To be called within the transaction, once the row is locked. */
  announce(register: RegisterId, state: number, absent?: boolean): void;
  /** To be called within the transaction: records its end, before the caller is told. */
  follow(transaction: Transaction | undefined): void;
}

/** Names the part of the recorder in a transaction. */
const recorderPart = {};

/** Begins the code of an error that is no `AsideError`: the library must not let one through. */
export const foreignMark = "!";

/** Writes down what one process does and sees. Events of the library are put down to the call in whose context they come. */
export class Recorder {
  readonly clock: RunClock;
  readonly observer: Observer;
  readonly #name: string;
  readonly #history: HistoryWriter;
  readonly #calls = new AsyncLocalStorage<CallContext>();
  #writes = 0;

  constructor(name: string, history: HistoryWriter, clock: RunClock) {
    this.#name = name;
    this.#history = history;
    this.clock = clock;
    this.observer = { active: true, emit: (event) => this.#told(event) };
  }

  record(event: HistoryEvent): void {
    this.#history.write(event);
  }

  /** Records a read. Never rejects: resolves with `undefined` when the read did. */
  async read(
    issue: () => Promise<readonly Seen[]>,
  ): Promise<{ readonly seen: readonly Seen[]; readonly source: ReadSource } | undefined> {
    const call: CallContext = { write: undefined, source: undefined };
    const beginMs = this.clock.begin();
    try {
      const seen = await this.#calls.run(call, issue);
      const source = call.source ?? "database";
      this.record({ type: "read", beginMs, endMs: this.clock.end(), source, seen });
      return { seen, source };
    } catch (error) {
      this.record({ type: "read-failed", beginMs, endMs: this.clock.end(), code: codeOf(error) });
      return undefined;
    }
  }

  /** Records a write. Never rejects. */
  async write(what: string, issue: (write: WriteUnderWay) => Promise<unknown>): Promise<void> {
    this.#writes += 1;
    const id = `${this.#name}-${this.#writes}`;
    const write: WriteUnderWay = {
      id,
      announce: (register, state, absent = false) =>
        this.record({ type: "attempt", write: id, register, state, absent, atMs: this.clock.begin() }),
      follow: (transaction) => transaction?.participant(recorderPart, () => this.#participant(id)),
    };
    this.record({ type: "write-began", write: id, what, atMs: this.clock.begin() });
    try {
      await this.#calls.run({ write, source: undefined }, () => issue(write));
      this.record({ type: "write-ended", write: id, outcome: "committed", atMs: this.clock.end() });
    } catch (error) {
      const outcome = outcomeOf(error);
      this.record({ type: "write-ended", write: id, outcome, code: codeOf(error), atMs: this.clock.end() });
    }
  }

  /** The write in whose call this is asked. */
  current(): WriteUnderWay | undefined {
    return this.#calls.getStore()?.write;
  }

  /** Is told together with the stores: before the first of them asks the cache anything. */
  #participant(write: string): TransactionParticipant {
    return {
      beforeCommit: async () => undefined,
      afterEnd: async ({ outcome }) =>
        this.record({ type: "transaction-ended", write, outcome, atMs: this.clock.end() }),
    };
  }

  #told(event: StoreEvent): void {
    const call = this.#calls.getStore();
    if (event.type === "read") {
      if (call !== undefined) call.source = event.source;
      return;
    }
    if (event.type === "fill" || event.type === "refresh" || event.type === "write") return;
    this.record({
      type: "told",
      event: event.type,
      ...("store" in event ? { store: event.store } : {}),
      ...("partition" in event ? { node: event.partition } : {}),
      ...(call?.write === undefined ? {} : { write: call.write.id }),
      atMs: this.clock.end(),
    });
  }
}

/** Only what the library says for certain counts as rolled back. */
function outcomeOf(error: unknown): WriteOutcome {
  return isAsideError(error) && error.committed === false ? "rolled-back" : "unknown";
}

function codeOf(error: unknown): string {
  if (error instanceof OwnSqlError) return error.code;
  return isAsideError(error)
    ? error.code
    : `${foreignMark}${error instanceof Error ? error.name : typeof error}`;
}
