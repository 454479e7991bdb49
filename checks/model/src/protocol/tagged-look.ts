import { leaseOf, put, stands } from "./cache.js";
import { hit } from "./reading.js";
import type { Settings } from "./settings.js";
import { copyOf, type Entry, held, none, type Reader, readerIn, type State } from "./state.js";
import type { Take } from "./take.js";
import { inWords } from "./words.js";

/**
 * The first half of a read where the entry carries a tag: entry and seed in one multi-get; a missing seed is added, and confirmed, before the lease.
 * Under a held seed nothing is served, leased or filled. The fill stores the seed with the value, which is served only while that seed stands.
 */
export function taggedLookSteps(state: State, settings: Settings, i: number, name: string, take: Take): void {
  switch ((state.readers[i] as Reader).at) {
    case "asking":
      ask(state, settings, i, name, take);
      return;
    case "half asked":
      askRest(state, settings, i, name, take);
      return;
    case "seeding":
      addSeed(state, settings, i, name, take);
      return;
    case "leasing":
      takeLease(state, i, name, take);
      return;
  }
}

function ask(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  if (settings.looks === "together") {
    judge(next, settings, i, name, state.entry, seedSeen(state), take);
    return;
  }
  const me = readerIn(next, i);
  me.at = "half asked";
  if (settings.looks === "seed first") {
    me.seed = seedSeen(state);
    take(`${name} looks at the seed: ${state.seed?.kind ?? "nothing"}`, next);
  } else {
    me.sawEntry = state.entry;
    take(`${name} looks at the entry: ${state.entry?.kind ?? "nothing"}`, next);
  }
}

function askRest(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const { seed, sawEntry } = state.readers[i] as Reader;
  const next = copyOf(state);
  readerIn(next, i).sawEntry = undefined;
  if (settings.looks === "seed first") judge(next, settings, i, name, state.entry, seed, take);
  else judge(next, settings, i, name, sawEntry, seedSeen(state), take);
}

function seedSeen({ seed }: State): number {
  if (seed === undefined) return none;
  return seed.kind === "hold" ? held : seed.seed;
}

/** What follows from `entry` and `seed` as this reader saw them. */
function judge(
  next: State,
  settings: Settings,
  i: number,
  name: string,
  entry: Entry | undefined,
  seed: number,
  take: Take,
): void {
  const me = readerIn(next, i);
  me.seed = none;
  if (entry !== undefined && entry.kind !== "value") {
    me.at = "bypassing";
    take(`${name} finds a ${entry.kind}`, next);
    return;
  }
  me.token = entry?.token ?? none;
  if (seed === held) {
    if (settings.weakness !== "readers replace held seeds") {
      me.at = "bypassing";
      me.token = none;
      take(`${name} finds the seed held`, next);
      return;
    }
    me.seed = newSeed(next, settings, i);
    me.at = "leasing";
    take(`${name} finds the seed held and replaces it by a new one`, next);
    return;
  }
  if (seed === none) {
    me.at = "seeding";
    take(`${name} finds no seed`, next);
    return;
  }
  if (entry?.seed === seed) {
    hit(next, settings, i, entry);
    take(`${name} returns ${inWords(entry.writes)} from the cache`, next);
    return;
  }
  me.seed = seed;
  me.at = "leasing";
  take(`${name} finds the seed and ${entry === undefined ? "no value" : "a value of another seed"}`, next);
}

function addSeed(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  if (state.seed === undefined) {
    const me = readerIn(next, i);
    me.seed = newSeed(next, settings, i);
    me.at = "leasing";
    take(`${name} adds a new seed`, next);
  } else {
    askAgain(next, i);
    take(`${name} is too late to add a seed and asks again`, next);
  }
  if (!settings.lateSeeds || i !== 0 || (state.readers[i] as Reader).lateSeed !== none) return;
  const late = copyOf(state);
  const me = readerIn(late, i);
  late.lastSeed += 1;
  me.lateSeed = late.lastSeed;
  const used = settings.weakness === "unconfirmed seeds are used";
  if (used) me.seed = me.lateSeed;
  me.at = used ? "leasing" : "bypassing";
  take(`${name} adds a new seed, not confirmed in time${used ? ", and uses it" : ""}`, late);
}

/** Seeds are random, so that none ever returns; a count begins at 1 where it was evicted or removed. */
function newSeed(next: State, settings: Settings, i: number): number {
  next.lastSeed += 1;
  const seed = settings.weakness === "seeds are counted" ? 1 : next.lastSeed;
  put(next, "seed", { kind: "seed", by: i, writes: 0, seed });
  return seed;
}

/** Over nothing, or by token over the value of another seed. */
function takeLease(state: State, i: number, name: string, take: Take): void {
  const { token } = state.readers[i] as Reader;
  const next = copyOf(state);
  const free = token === none ? state.entry === undefined : stands(state, "entry", token);
  if (free) {
    const me = readerIn(next, i);
    me.token = put(next, "entry", leaseOf(i));
    me.at = "loading";
    take(`${name} takes the lease`, next);
  } else {
    askAgain(next, i);
    take(`${name} is too late to take the lease and asks again`, next);
  }
}

function askAgain(next: State, i: number): void {
  const me = readerIn(next, i);
  me.at = "asking";
  me.token = none;
  me.seed = none;
}
