import type { Settings, WriterKind } from "./settings.js";

/** A set of writers, one bit each. A value of the key is the set of the writes that it contains; the initial value is empty. */
export type Writes = number;

/** Where an entry stands in the cache: at the key itself, or at its tag. */
export type Slot = "entry" | "seed";

/** No token, no seed, no entry there: real ones count from 1. */
export const none = 0;
/** What a reader knows of a seed that a hold hides. */
export const held = -1;

export interface Entry {
  readonly kind: "value" | "lease" | "hold" | "seed";
  /** Changes with everything that is put there. */
  readonly token: number;
  /** The writer of a hold; the reader of all else. */
  readonly by: number;
  /** Of a value: what it contains. */
  readonly writes: Writes;
  /** Of a value: the seed it was made under. Of a seed: itself. */
  readonly seed: number;
}

export interface Writer {
  readonly kind: WriterKind;
  at: "idle" | "begun" | "held" | "committing" | "committed" | "released" | "done" | "crashed";
  /** Of its latest hold, or of what its release has looked at. */
  token: number;
  /** The hold was not confirmed, or the connection that it went over has broken since: the commit logs the key. */
  logged: boolean;
  /** Its hold was not confirmed and is still on its way. */
  lateHold: boolean;
  rolledBack: boolean;
  /** The caller got an error that says "unknown". */
  unacknowledged: boolean;
  /** A renewal that has looked and is about to put the hold where it saw nothing (`adding`) or `seenToken` (`replacing`). */
  renewing: "no" | "adding" | "replacing";
  seenToken: number;
  renewals: number;
}

export interface Reader {
  at:
    | "idle"
    | "asking"
    | "half asked"
    | "answered"
    | "bypassing"
    | "seeding"
    | "leasing"
    | "loading"
    | "filling"
    | "filled"
    | "refreshing"
    | "replacing"
    | "done";
  /** Of its lease; before, of the entry that the lease shall replace; in a refresh, of the value to be replaced. */
  token: number;
  value: Writes;
  /** What the value must contain, as known when the read began. */
  atLeast: Writes;
  /** Whether what it returned stood in the cache, so that others may take it. */
  shared: boolean;
  /** The seed that it has seen or made. */
  seed: number;
  /** Its multi-get has looked at the entry, and not yet at the seed. */
  sawEntry: Entry | undefined;
  /** A seed whose `add` is still on its way. */
  lateSeed: number;
  renewals: number;
  /** Its process has cleaned the node since it was last cut off. */
  believes: boolean;
}

export interface Joiner {
  at: "idle" | "waiting" | "done";
  atLeast: Writes;
  /** It joined before the database was asked. */
  early: boolean;
}

/**
 * Everything that decides what may happen next. Plain values; a step copies the state, then changes the copy: `copyOf`,
 * and `writerIn`, `readerIn`, `joinerIn` for the actor that moves.
 */
export interface State {
  database: Writes;
  /** The writer that has the row locked, or -1. */
  rowLock: number;
  entry: Entry | undefined;
  seed: Entry | undefined;
  lastToken: number;
  lastSeed: number;
  acknowledged: Writes;
  /** What finished reads have returned. */
  returned: Writes;
  /** Writers whose key is in the invalidation log. */
  log: Writes;
  /** Writers whose intent is. */
  intents: Writes;
  writers: Writer[];
  readers: Reader[];
  joiners: Joiner[];
  crashes: number;
  evictions: number;
  restarts: number;
  outages: number;
  /** Nobody reaches the cache. */
  cut: boolean;
  /** A read that returned too little, in words. */
  wrongRead: string | undefined;
}

export function initialState(settings: Settings): State {
  const reader: Reader = {
    at: "idle",
    token: none,
    value: 0,
    atLeast: 0,
    shared: false,
    seed: none,
    sawEntry: undefined,
    lateSeed: none,
    renewals: 0,
    believes: true,
  };
  const seed = settings.warm && settings.tagged ? 1 : none;
  return {
    database: 0,
    rowLock: -1,
    entry: settings.warm ? { kind: "value", token: 1, by: 0, writes: 0, seed } : undefined,
    seed: seed === none ? undefined : { kind: "seed", token: 2, by: 0, writes: 0, seed },
    lastToken: 2,
    lastSeed: seed,
    acknowledged: 0,
    returned: 0,
    log: 0,
    intents: 0,
    writers: settings.writers.map((kind) => ({
      kind,
      at: "idle",
      token: none,
      logged: false,
      lateHold: false,
      rolledBack: false,
      unacknowledged: false,
      renewing: "no",
      seenToken: none,
      renewals: 0,
    })),
    readers: Array.from({ length: settings.readers }, () => ({ ...reader })),
    joiners: Array.from({ length: settings.joiners }, () => ({ at: "idle", atLeast: 0, early: false })),
    crashes: 0,
    evictions: 0,
    restarts: 0,
    outages: 0,
    cut: false,
    wrongRead: undefined,
  };
}

/** Where the writer holds and removes. */
export function slotOf(writer: Writer): Slot {
  return writer.kind === "tag" ? "seed" : "entry";
}

/** A copy whose actors are still those of `state`. */
export function copyOf(state: State): State {
  return { ...state };
}

/** Writer `i`, to be changed in the copy `next`. */
export function writerIn(next: State, i: number): Writer {
  return replaced(next, "writers", i);
}

export function readerIn(next: State, i: number): Reader {
  return replaced(next, "readers", i);
}

export function joinerIn(next: State, i: number): Joiner {
  return replaced(next, "joiners", i);
}

function replaced<K extends "writers" | "readers" | "joiners">(next: State, list: K, i: number): State[K][0] {
  const actors = next[list].slice() as State[K][0][];
  const actor = { ...actors[i] } as State[K][0];
  actors[i] = actor;
  (next[list] as State[K][0][]) = actors;
  return actor;
}
