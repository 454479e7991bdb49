import type { Settings } from "./settings.js";
import { type Entry, readerIn, type State, type Writes } from "./state.js";
import { inWords } from "./words.js";

/** What a read or a join that begins now has to contain. */
export function leastOf(state: State, settings: Settings): Writes {
  return settings.reads === "linearizable" ? state.acknowledged | state.returned : state.acknowledged;
}

/** A caller gets `value` in the copy `next`; notes if that is too little. */
export function give(next: State, settings: Settings, name: string, value: Writes, atLeast: Writes): void {
  next.returned |= value;
  const missing = atLeast & ~value;
  if (missing !== 0 && settings.reads !== "convergent")
    next.wrongRead = `${name} got ${inWords(value)}, without ${inWords(missing)}: known before it began`;
}

/** Reader `i` returns `value`. */
export function finish(next: State, settings: Settings, i: number, value: Writes, shared: boolean): void {
  const me = readerIn(next, i);
  give(next, settings, `reader ${i + 1}`, value, me.atLeast);
  me.at = "done";
  me.value = value;
  me.shared = shared;
}

/** Reader `i` returns the value of an entry. Its read ends, but a refresh of that very entry may begin. */
export function hit(next: State, settings: Settings, i: number, entry: Entry): void {
  finish(next, settings, i, entry.writes, true);
  if (!settings.refreshers.includes(i)) return;
  const me = readerIn(next, i);
  me.at = "refreshing";
  me.token = entry.token;
  me.seed = entry.seed;
}
