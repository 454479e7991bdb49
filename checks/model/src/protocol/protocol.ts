import type { Model, Problem } from "../explorer/explore.js";
import { cacheFaultSteps } from "./cache-faults.js";
import { joinerSteps } from "./joiner.js";
import { readerSteps } from "./reader.js";
import { relaySteps } from "./relay.js";
import type { Settings } from "./settings.js";
import { initialState, none, type State } from "./state.js";
import { stateKeyOf } from "./state-key.js";
import { inWords } from "./words.js";
import { writerSteps } from "./writer.js";

/** The hold-commit-release protocol with lease fills (design, section 3), for one key. */
export function protocol(settings: Settings, merge: boolean): Model<State> {
  return {
    initial: initialState(settings),
    steps: (state, take) => {
      writerSteps(state, settings, take);
      relaySteps(state, settings, take);
      readerSteps(state, settings, take);
      joinerSteps(state, settings, take);
      cacheFaultSteps(state, settings, take);
    },
    key: stateKeyOf(settings, merge),
    problem: (state) => oldRead(state) ?? oldForGood(state),
  };
}

function oldRead({ wrongRead }: State): Problem | undefined {
  return wrongRead === undefined ? undefined : { kind: "old read", description: wrongRead };
}

/** Nobody is at work, nothing is left in the log, and the cache still serves a value that lacks a committed write. */
function oldForGood(state: State): Problem | undefined {
  const { entry, seed, writers, readers, log, intents, database } = state;
  if (entry?.kind !== "value" || entry.seed !== (seed?.seed ?? none)) return undefined;
  const missing = database & ~entry.writes;
  if (missing === 0 || log !== 0 || intents !== 0) return undefined;
  if (!writers.every(({ at }) => at === "idle" || at === "done" || at === "crashed")) return undefined;
  if (!readers.every(({ at }) => at === "done" || at === "idle")) return undefined;
  const description = `the cache serves ${inWords(entry.writes)}, without ${inWords(missing)}; nothing is left that would remove it`;
  return { kind: "old for good", description };
}
