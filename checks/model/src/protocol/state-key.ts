import type { Settings } from "./settings.js";
import { type Entry, held, type Joiner, none, type Reader, type State, type Writer } from "./state.js";

/**
 * A short string for a state, equal for states with equal futures. Of tokens and seeds only that is kept which can ever matter: whether
 * they are those that stand in the cache, since no token and no random seed ever returns.
 *
 * With `merge` it also drops what nobody will look at again, and the order of readers that are alike. `--no-merge` explores without,
 * some ten times as many states; the verdicts are the same.
 */
export function stateKeyOf(settings: Settings, merge: boolean): (state: State) => string {
  const linearizable = settings.reads === "linearizable";
  const checked = settings.reads !== "convergent";
  const alike = ordinaryReaders(settings);
  const rawTokens = settings.weakness === "tokens outlive their connection";

  return (state) => {
    const anybodyToBegin =
      !merge ||
      state.readers.some(({ at }) => at === "idle") ||
      state.joiners.some(({ at }) => at === "idle");
    const acknowledged = anybodyToBegin && (checked || !merge) ? state.acknowledged : 0;
    const returned = anybodyToBegin && (linearizable || !merge) ? state.returned : 0;
    const codes = [
      state.database | (acknowledged << 4) | (returned << 8) | (state.log << 12),
      (state.rowLock + 1) |
        (state.intents << 3) |
        (state.evictions << 7) |
        (state.restarts << 9) |
        (state.crashes << 11) |
        (state.cut ? 1 << 13 : 0) |
        (state.wrongRead === undefined ? 0 : 1 << 14) |
        (state.outages << 15),
      entryCode(state, state.entry, merge),
      entryCode(state, state.seed, merge),
    ];
    for (const writer of state.writers) codes.push(writerCode(state, writer, merge));
    for (const joiner of state.joiners) codes.push(joinerCode(joiner, merge, checked));
    const readers = state.readers.map((reader, i) => readerCode(state, settings, reader, i, merge));
    if (merge) sortAlike(readers, alike);
    for (const code of readers) codes.push(code & 0x7fff, code >>> 15);
    if (rawTokens) codes.push(...tokensOf(state));
    return String.fromCharCode(...codes);
  };
}

/** Readers that differ from no other in what may happen to them. */
function ordinaryReaders(settings: Settings): readonly number[] {
  const special = new Set([...settings.oversized, ...settings.refreshers]);
  const { joiners, slowFills, slowGets, lateSeeds } = settings;
  if (joiners > 0 || slowFills || slowGets || lateSeeds) special.add(0);
  return Array.from({ length: settings.readers }, (_, i) => i).filter((i) => !special.has(i));
}

function sortAlike(codes: number[], alike: readonly number[]): void {
  const sorted = alike.map((i) => codes[i] as number).sort((a, b) => a - b);
  alike.forEach((i, at) => {
    codes[i] = sorted[at] as number;
  });
}

const entryKinds = { value: 1, lease: 2, hold: 3, seed: 4 };

function entryCode(state: State, entry: Entry | undefined, merge: boolean): number {
  if (entry === undefined) return 0;
  const by = merge && entry.kind !== "hold" ? 0 : entry.by;
  return entryKinds[entry.kind] | (entry.writes << 3) | (by << 7) | (seedCode(state, entry.seed) << 10);
}

/** Gone for ever, or standing, or to arrive late, or hidden by a hold. */
function seedCode(state: State, seed: number): number {
  if (seed === none) return 0;
  if (seed === held) return 3;
  if (seed === state.seed?.seed) return 1;
  return seed === state.readers[0]?.lateSeed ? 2 : 0;
}

const writerPlaces = {
  idle: 0,
  begun: 1,
  held: 2,
  committing: 3,
  committed: 4,
  released: 5,
  done: 6,
  crashed: 7,
};
const renewalPlaces = { no: 0, adding: 1, replacing: 2 };

function writerCode(state: State, writer: Writer, merge: boolean): number {
  const place = writerPlaces[writer.at];
  const late = writer.lateHold ? 1 << 12 : 0;
  if (merge && place >= writerPlaces.released) return place | late;
  const standing = state[writer.kind === "tag" ? "seed" : "entry"]?.token;
  return (
    place |
    late |
    (renewalPlaces[writer.renewing] << 3) |
    (writer.renewals << 5) |
    (writer.logged ? 1 << 7 : 0) |
    (writer.rolledBack ? 1 << 8 : 0) |
    (writer.unacknowledged ? 1 << 9 : 0) |
    (writer.token !== none && writer.token === standing ? 1 << 10 : 0) |
    (writer.seenToken !== none && writer.seenToken === standing ? 1 << 11 : 0)
  );
}

const readerPlaces = {
  idle: 0,
  asking: 1,
  "half asked": 2,
  answered: 3,
  bypassing: 4,
  seeding: 5,
  leasing: 6,
  loading: 7,
  filling: 8,
  filled: 9,
  refreshing: 10,
  replacing: 11,
  done: 12,
};

function readerCode(state: State, settings: Settings, reader: Reader, i: number, merge: boolean): number {
  const place = readerPlaces[reader.at];
  const late = reader.lateSeed === none ? 0 : 1 << 4;
  const renewals = (merge && reader.at !== "loading" && reader.at !== "filling" ? 0 : reader.renewals) << 28;
  const doubts = reader.believes || (merge && !beforeCache(reader)) ? 0 : 1 << 29;
  const done = merge && reader.at === "done";
  if (done && (i > 0 || settings.joiners === 0)) return place | late;
  const returned = done || reader.at === "refreshing" || reader.at === "replacing";
  const atLeast = merge && (returned || settings.reads === "convergent") ? 0 : reader.atLeast;
  const token = done ? none : reader.token;
  const { sawEntry } = reader;
  return (
    place |
    late |
    renewals |
    doubts |
    (reader.value << 5) |
    (atLeast << 9) |
    (reader.shared ? 1 << 13 : 0) |
    (token !== none && token === state.entry?.token ? 1 << 14 : 0) |
    (token !== none && reader.at === "leasing" ? 1 << 15 : 0) |
    (seedCode(state, done ? none : reader.seed) << 16) |
    (sawEntry === undefined
      ? 0
      : (entryKinds[sawEntry.kind] |
          (sawEntry.writes << 3) |
          (seedCode(state, sawEntry.seed) << 7) |
          (sawEntry.token === state.entry?.token ? 1 << 9 : 0)) <<
        18)
  );
}

/** Whether this reader has yet to ask the cache. */
function beforeCache({ at }: Reader): boolean {
  return at === "idle" || at === "asking";
}

const joinerPlaces = { idle: 0, waiting: 1, done: 2 };

function joinerCode(joiner: Joiner, merge: boolean, checked: boolean): number {
  const place = joinerPlaces[joiner.at];
  if (merge && joiner.at === "done") return place;
  return place | (joiner.early ? 4 : 0) | (merge && !checked ? 0 : joiner.atLeast << 3);
}

/** Where tokens may return every one of them matters, and not only whether it stands now. */
function tokensOf(state: State): number[] {
  return [
    state.lastToken,
    state.entry?.token ?? none,
    ...state.writers.map(({ token }) => token),
    ...state.readers.map(({ token }) => token),
  ];
}
