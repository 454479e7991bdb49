import type { StoreEvent } from "@aside/core";
import type {
  CacheKind,
  CacheStep,
  Fault,
  HistoryEvent,
  ReadSource,
  RegisterId,
  RunMs,
  Seen,
  StepOutcome,
  WriteOutcome,
} from "./history-event.js";

/** A write announced the state in which it would leave a register. */
export interface Attempt {
  readonly write: Write;
  readonly register: RegisterId;
  readonly state: number;
  readonly absent: boolean;
  readonly atMs: RunMs;
}

export interface CacheSighting {
  readonly process: string;
  readonly step: CacheStep;
  readonly key: string;
  readonly kind: CacheKind | undefined;
  readonly outcome: StepOutcome;
  readonly hold: string | undefined;
  readonly beginMs: RunMs;
  readonly endMs: RunMs;
}

export interface StoreSighting {
  readonly event: StoreEvent["type"];
  readonly store: string | undefined;
  /** The node, for an event of one. */
  readonly node: string | undefined;
  readonly atMs: RunMs;
}

export interface Write {
  readonly id: string;
  readonly process: string;
  readonly what: string;
  readonly beginMs: RunMs;
  /** When its caller was told the outcome; absent: never, its process died. */
  endMs: RunMs | undefined;
  /** As its caller was told; `"unknown"` where it was not. */
  outcome: WriteOutcome;
  code: string | undefined;
  /** In the order of time. A write that was run again after a deadlock has several for one register; the last counts. */
  readonly attempts: Attempt[];
  /** How its transaction ended, the last time; absent: nobody was left to be told. */
  transactionEnd: { readonly outcome: WriteOutcome; readonly atMs: RunMs } | undefined;
  /** What came in the context of its call. */
  readonly told: StoreSighting[];
}

export interface Read {
  readonly process: string;
  readonly beginMs: RunMs;
  readonly endMs: RunMs;
  readonly source: ReadSource;
  readonly seen: readonly Seen[];
}

export interface FailedRead {
  readonly process: string;
  readonly beginMs: RunMs;
  readonly endMs: RunMs;
  readonly code: string;
}

/** What one process told of itself, beside its reads and writes. */
export interface ProcessHistory {
  readonly beats: RunMs[];
  readonly told: StoreSighting[];
  readonly connects: CacheSighting[];
}

/** Whether it is certain that the write was committed; its caller need not know. */
export function isCommitted(write: Write): boolean {
  return write.outcome === "committed" || write.transactionEnd?.outcome === "committed";
}

/** Whether it is certain that the write was not committed. */
export function isRolledBack(write: Write): boolean {
  return write.outcome === "rolled-back" || write.transactionEnd?.outcome === "rolled-back";
}

/** All that happened in a run, put together from the files of its processes and the faults of the parent. */
export class History {
  readonly reads: Read[] = [];
  readonly failedReads: FailedRead[] = [];
  readonly writes = new Map<string, Write>();
  readonly processes = new Map<string, ProcessHistory>();
  readonly #cacheSteps = new Map<string, CacheSighting[]>();
  readonly faults: Fault[] = [];

  /** What was asked of the cache about a key, but for reads that found a value; each process's steps in their order. */
  stepsOn(cacheKey: string): readonly CacheSighting[] {
    return this.#cacheSteps.get(cacheKey) ?? [];
  }

  get cacheSteps(): readonly CacheSighting[] {
    return [...this.#cacheSteps.values()].flat();
  }

  /** Adds the lines of one process, in their order. */
  add(process: string, events: Iterable<HistoryEvent>): void {
    const own = this.processes.get(process) ?? { beats: [], told: [], connects: [] };
    this.processes.set(process, own);
    for (const event of events) this.#addEvent(process, own, event);
  }

  #addEvent(process: string, own: ProcessHistory, event: HistoryEvent): void {
    switch (event.type) {
      case "beat":
        own.beats.push(event.atMs);
        return;
      case "read":
        this.reads.push({ process, ...event });
        return;
      case "read-failed":
        this.failedReads.push({ process, ...event });
        return;
      case "write-began":
        this.writes.set(event.write, {
          id: event.write,
          process,
          what: event.what,
          beginMs: event.atMs,
          endMs: undefined,
          outcome: "unknown",
          code: undefined,
          attempts: [],
          transactionEnd: undefined,
          told: [],
        });
        return;
      case "attempt": {
        const write = this.#write(event.write);
        write.attempts.push({ ...event, write });
        return;
      }
      case "transaction-ended":
        this.#write(event.write).transactionEnd = { outcome: event.outcome, atMs: event.atMs };
        return;
      case "write-ended": {
        const write = this.#write(event.write);
        write.endMs = event.atMs;
        write.outcome = event.outcome;
        write.code = event.code;
        return;
      }
      case "told": {
        const sighting = { event: event.event, store: event.store, node: event.node, atMs: event.atMs };
        own.told.push(sighting);
        if (event.write !== undefined) this.#write(event.write).told.push(sighting);
        return;
      }
      case "cache": {
        const sighting: CacheSighting = { process, ...event, kind: event.kind, hold: event.hold };
        if (event.step === "connect") {
          own.connects.push(sighting);
          return;
        }
        const steps = this.#cacheSteps.get(event.key);
        if (steps === undefined) this.#cacheSteps.set(event.key, [sighting]);
        else steps.push(sighting);
        return;
      }
    }
  }

  #write(id: string): Write {
    const write = this.writes.get(id);
    if (write === undefined) throw new Error(`The history speaks of write ${id} before it began.`);
    return write;
  }
}
