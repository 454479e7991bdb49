import type { Kind } from "../cache/entry-bytes.js";
import { rowKeys } from "../plan/plan.js";
import type { OperationRun } from "../run/operation-run.js";
import type { SimProcess } from "../world/sim-process.js";
import type { HoldFacts } from "./holds.js";
import { cacheKeyOf, type Dropping, guardOf, keysShowing, views } from "./registers.js";

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
export interface WriteFacts extends Dropping {
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
  clears: boolean;
  /** Went round the store, which is told afterwards. */
  bypass: boolean;
  /** Went round the store, which is never told. */
  slips: boolean;
  commitSentAtMoment: number | undefined;
  committedAtMoment: number | undefined;
  committedAtMs: number | undefined;
  acknowledgedAtMoment: number | undefined;
}

/** The keys that show what it touched. */
export function keysOf({ made, saw, clears }: WriteFacts): readonly string[] {
  if (clears && made.length > 0) return [...rowKeys, ...views];
  return [...made, ...saw].flatMap(({ register }) => keysShowing(register));
}

/** The entries that it has to hold, remove or log. */
export function touchedBy(facts: WriteFacts): Set<string> {
  const { settings } = facts.process;
  return new Set(
    [...facts.made, ...facts.saw].flatMap(({ register }) =>
      keysShowing(register).flatMap((key) =>
        // A generation is dropped on every node, whichever entries there are.
        Array.from({ length: settings.nodes }, (_, node) =>
          guardOf(facts, cacheKeyOf(key), register, settings, node),
        ),
      ),
    ),
  );
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
    clears: false,
    bypass: false,
    slips: false,
    commitSentAtMoment: undefined,
    committedAtMoment: undefined,
    committedAtMs: undefined,
    acknowledgedAtMoment: undefined,
  };
}
