import { leaseOf, put, stands } from "./cache.js";
import { finish, hit, leastOf } from "./reading.js";
import { refreshSteps } from "./refresh.js";
import { deliver } from "./relay.js";
import type { Settings } from "./settings.js";
import { copyOf, none, type Reader, readerIn, type State } from "./state.js";
import { taggedLookSteps } from "./tagged-look.js";
import type { Take } from "./take.js";
import { inWords } from "./words.js";

/** The readers: ask the cache; where it holds nothing take a lease, read the database, fill by the token of the lease, return. */
export function readerSteps(state: State, settings: Settings, take: Take): void {
  for (let i = 0; i < state.readers.length; i += 1) {
    const name = `reader ${i + 1}`;
    switch ((state.readers[i] as Reader).at) {
      case "idle":
        start(state, settings, i, name, take);
        break;
      case "asking":
        if (state.cut) outOfReach(state, i, name, take);
        else if (!(state.readers[i] as Reader).believes) clean(state, settings, i, name, take);
        else if (settings.tagged) taggedLookSteps(state, settings, i, name, take);
        else ask(state, settings, i, name, take);
        break;
      case "half asked":
      case "seeding":
      case "leasing":
        taggedLookSteps(state, settings, i, name, take);
        break;
      case "answered":
        replyArrives(state, settings, i, name, take);
        break;
      case "bypassing":
        bypass(state, settings, i, name, take);
        break;
      case "loading":
        load(state, i, name, take);
        break;
      case "filling":
        fill(state, settings, i, name, take);
        break;
      case "filled":
        fillReplyArrives(state, settings, i, name, take);
        break;
      case "refreshing":
      case "replacing":
        refreshSteps(state, settings, i, name, take);
    }
    if (settings.lateSeeds) lateSeedSteps(state, i, name, take);
    if (settings.leaseRenewals > 0) leaseRenewalSteps(state, settings, i, name, take);
  }
}

function start(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = readerIn(next, i);
  me.atLeast = leastOf(state, settings);
  me.at = "asking";
  take(`${name} begins`, next);
}

/** Looks, and takes the lease over nothing; an `add` that finds nothing is one step with the look that found nothing. */
function ask(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = readerIn(next, i);
  const { entry } = state;
  if (entry === undefined) {
    me.token = put(next, "entry", leaseOf(i));
    me.at = "loading";
    take(`${name} finds nothing and takes the lease`, next);
  } else if (entry.kind !== "value") {
    me.at = "bypassing";
    take(`${name} finds a ${entry.kind}`, next);
  } else if (settings.slowGets && i === 0) {
    me.value = entry.writes;
    me.at = "answered";
    take(`the cache answers ${name} with ${inWords(entry.writes)}; the reply is on its way`, next);
  } else {
    hit(next, settings, i, entry);
    take(`${name} returns ${inWords(entry.writes)} from the cache`, next);
  }
}

function outOfReach(state: State, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  readerIn(next, i).at = "bypassing";
  take(`${name} cannot ask the cache: out of reach`, next);
}

/** A process that was cut off from the node may have missed what only the log says: it delivers the log before it asks. */
function clean(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  readerIn(next, i).believes = true;
  deliver(next, settings, state.log | state.intents);
  next.log = 0;
  take(`the process of ${name} cleans the node: delivers the log`, next);
}

/** By its token; a lease that is gone has ended the right to fill. */
function leaseRenewalSteps(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const { at, token, renewals } = state.readers[i] as Reader;
  if (renewals >= settings.leaseRenewals || (at !== "loading" && at !== "filling")) return;
  const anew = state.entry === undefined && settings.weakness === "lost leases are taken anew";
  if (!anew && !stands(state, "entry", token)) return;
  const next = copyOf(state);
  const me = readerIn(next, i);
  me.renewals += 1;
  me.token = put(next, "entry", leaseOf(i));
  take(`${name} ${anew ? "finds its lease gone and takes it anew" : "renews its lease"}`, next);
}

function replyArrives(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const { value } = state.readers[i] as Reader;
  finish(next, settings, i, value, true);
  take(`the reply arrives: ${name} returns ${inWords(value)}`, next);
}

function bypass(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  finish(next, settings, i, state.database, false);
  take(`${name} returns ${inWords(state.database)} from the database, and does not fill`, next);
}

function load(state: State, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = readerIn(next, i);
  me.value = state.database;
  me.at = "filling";
  take(`${name} reads ${inWords(state.database)} from the database`, next);
}

/** The fill: a compare-and-set over the lease. One that is too large is not sent; the lease is given back. */
function fill(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = readerIn(next, i);
  const oversized = settings.oversized.includes(i);
  let allowed = settings.weakness === "unguarded fills" || stands(state, "entry", me.token);
  let { seed } = me;
  if (settings.weakness === "seeds are read after the database") {
    seed = state.seed?.seed ?? none;
    allowed &&= state.seed === undefined || state.seed.kind === "seed";
    if (allowed && seed === none) {
      next.lastSeed += 1;
      seed = next.lastSeed;
      put(next, "seed", { kind: "seed", by: i, writes: 0, seed });
    }
  }
  let told: string;
  if (oversized && settings.weakness === "oversized fills reach the server") {
    next.entry = undefined;
    told = "sends a fill that is too large, and the cache removes what stands there";
  } else if (!allowed) told = "cannot fill: its lease is gone";
  else if (oversized) {
    next.entry = undefined;
    told = "does not fill, the value is too large, and gives its lease back";
  } else {
    put(next, "entry", { kind: "value", by: i, writes: me.value, seed });
    told = `fills ${inWords(me.value)}`;
  }
  const stored = allowed && !oversized;
  if (settings.slowFills && i === 0) {
    me.at = "filled";
    me.shared = stored;
    take(`${name} ${told}; the reply is on its way`, next);
    return;
  }
  finish(next, settings, i, me.value, stored);
  take(`${name} ${told}, returns ${inWords(me.value)}`, next);
}

function fillReplyArrives(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const { value, shared } = state.readers[i] as Reader;
  finish(next, settings, i, value, shared);
  take(`the reply to its fill arrives: ${name} returns ${inWords(value)}`, next);
}

/** The `add` of a seed that missed its deadline arrives after all. */
function lateSeedSteps(state: State, i: number, name: string, take: Take): void {
  const { lateSeed } = state.readers[i] as Reader;
  if (lateSeed === none) return;
  const next = copyOf(state);
  readerIn(next, i).lateSeed = none;
  if (state.seed === undefined) put(next, "seed", { kind: "seed", by: i, writes: 0, seed: lateSeed });
  take(`the late seed of ${name} arrives${state.seed === undefined ? "" : ", and is refused"}`, next);
}
