import { put, stands } from "./cache.js";
import type { Settings } from "./settings.js";
import { copyOf, type Reader, readerIn, type State } from "./state.js";
import type { Take } from "./take.js";
import { inWords } from "./words.js";

/**
 * Refresh before expiry, behind a caller that has its value already: reads the database and puts what it finds over the very value that was
 * served, by the token (and with the seed) got before that read. Anything else that stands there by then ends it.
 */
export function refreshSteps(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const { at, value, token, seed } = state.readers[i] as Reader;
  const next = copyOf(state);
  const me = readerIn(next, i);
  if (at === "refreshing") {
    me.value = state.database;
    me.at = "replacing";
    take(`${name} refreshes: reads ${inWords(state.database)} from the database`, next);
    return;
  }
  me.at = "done";
  if (mayReplace(state, settings, token)) {
    put(next, "entry", { kind: "value", by: i, writes: value, seed });
    take(`${name} refreshes: stores ${inWords(value)}`, next);
  } else take(`${name} refreshes: what it served is gone, it does not store`, next);
}

function mayReplace(state: State, settings: Settings, token: number): boolean {
  if (settings.weakness === "a refresh stores over anything") return true;
  if (settings.weakness === "a refresh gets its token after its read") return state.entry?.kind === "value";
  return stands(state, "entry", token);
}
