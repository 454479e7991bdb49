import { holdOf, put, stands } from "./cache.js";
import type { Settings } from "./settings.js";
import { copyOf, none, type Slot, type State, slotOf, type Writer, writerIn } from "./state.js";
import type { Take } from "./take.js";

/**
 * The renewal of a hold, beside the writer's own steps: a compare-and-set of its token. Where that fails it looks, and sets the hold anew over nothing,
 * a lease or a value, by what it saw; but never over the hold of another writer.
 */
export function renewalSteps(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const writer = state.writers[i] as Writer;
  const slot = slotOf(writer);
  if (writer.renewing !== "no") {
    setAnew(state, slot, i, name, take);
    return;
  }
  if (writer.renewals >= settings.renewals || settings.unconfirmedHolds.includes(i)) return;
  if (writer.at !== "held" && writer.at !== "committing" && writer.at !== "committed") return;
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.renewals += 1;
  const entry = state[slot];
  if (stands(state, slot, writer.token) && entry?.kind === "hold") {
    me.token = put(next, slot, holdOf(i));
    take(`${name} renews its hold`, next);
    return;
  }
  if (entry === undefined) {
    me.renewing = "adding";
    take(`${name} renews its hold: it is gone, nothing stands there`, next);
    return;
  }
  if (entry.kind === "hold" && settings.weakness !== "renewals take the place of foreign holds") return;
  me.renewing = "replacing";
  me.seenToken = entry.token;
  const seen = entry.kind === "hold" ? `the hold of writer ${entry.by + 1}` : `a ${entry.kind}`;
  take(`${name} renews its hold: it is gone, ${seen} stands there`, next);
}

function setAnew(state: State, slot: Slot, i: number, name: string, take: Take): void {
  const { renewing, seenToken } = state.writers[i] as Writer;
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.renewing = "no";
  me.seenToken = none;
  const free = renewing === "adding" ? state[slot] === undefined : stands(state, slot, seenToken);
  if (free) {
    me.token = put(next, slot, holdOf(i));
    take(`${name} sets its hold anew`, next);
  } else take(`${name} cannot set its hold anew: somebody was faster`, next);
}
