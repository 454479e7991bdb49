import type { Kind } from "../cache/entry-bytes.js";
import type { OperationRun } from "../run/operation-run.js";
import type { SimProcess } from "../world/sim-process.js";
import type { HoldFacts } from "./holds.js";
import { cacheKeyOf, keysShowing } from "./registers.js";

/** A committed row of the invalidation log. */
export interface LogFacts {
  readonly id: string;
  readonly cacheKey: string;
  readonly committedAtMoment: number;
  readonly committedAtMs: number;
  removedAtMoment: number | undefined;
  /** When the removal of the row was first asked for, by whomever. */
  strikeSentAtMoment: number | undefined;
}

/** What stood at a key when a write was committed, and what had become of the write's own hold. */
export interface Standing {
  readonly kind: Kind;
  readonly hold: HoldFacts | undefined;
  /** Whether the process took its hold for confirmed when it sent COMMIT: told so, and the connection not seen to end. */
  readonly believed: boolean;
}

/** What the simulator knows of one transaction of one process. */
export interface WriteFacts {
  readonly name: string;
  readonly process: SimProcess;
  readonly operation: OperationRun | undefined;
  readonly holds: Map<string, HoldFacts>;
  /** Committed rows of the log that belong to it, by its data or by its release. */
  readonly logRows: LogFacts[];
  /** Rows that a statement left as they were, and the state it saw. */
  readonly saw: { readonly register: string; readonly state: number }[];
  /** States it made. */
  readonly made: { readonly register: string; readonly state: number }[];
  readonly standing: Map<string, Standing>;
  /** Cache keys whose log row was sent to the database. */
  readonly logging: Set<string>;
  /** Cache keys whose log row failed to be written. */
  readonly unlogged: Set<string>;
  unknown: boolean;
  commitSentAtMoment: number | undefined;
  committedAtMoment: number | undefined;
  committedAtMs: number | undefined;
  acknowledgedAtMoment: number | undefined;
}

/** The keys that show what it touched. */
export function keysOf({ made, saw }: WriteFacts): readonly string[] {
  return [...made, ...saw].flatMap(({ register }) => keysShowing(register));
}

/** The cache keys that it has to keep right. */
export function touchedBy(facts: WriteFacts): Set<string> {
  return new Set(keysOf(facts).map(cacheKeyOf));
}

export function newWriteFacts(
  name: string,
  process: SimProcess,
  operation: OperationRun | undefined,
): WriteFacts {
  return {
    name,
    process,
    operation,
    holds: new Map(),
    logRows: [],
    saw: [],
    made: [],
    standing: new Map(),
    logging: new Set(),
    unlogged: new Set(),
    unknown: false,
    commitSentAtMoment: undefined,
    committedAtMoment: undefined,
    committedAtMs: undefined,
    acknowledgedAtMoment: undefined,
  };
}
