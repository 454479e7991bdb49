import { removeUnlessHeld } from "./cache.js";
import type { Settings } from "./settings.js";
import { copyOf, type Slot, type State, slotOf } from "./state.js";
import type { Take } from "./take.js";

/**
 * The relay: removes the keys that the invalidation log names, then deletes the rows that it read. Intents are delivered, too, but stay until
 * their owner has settled them or, as the database's clock tells, cannot be at work any more: then once more, for good.
 */
export function relaySteps(state: State, settings: Settings, take: Take): void {
  if (state.cut) return;
  if (state.log !== 0) {
    const next = copyOf(state);
    deliver(next, settings, state.log);
    next.log = 0;
    take("the relay delivers the log", next);
  }
  if (state.intents === 0) return;
  const delivered = copyOf(state);
  deliver(delivered, settings, state.intents);
  const forgets = settings.weakness === "the relay deletes intents when it delivers them";
  if (forgets) delivered.intents = 0;
  if (forgets || delivered.entry !== state.entry || delivered.seed !== state.seed)
    take(`the relay delivers intents and ${forgets ? "deletes" : "keeps"} them`, delivered);
  for (let i = 0; i < state.writers.length; i += 1) {
    if ((state.intents & (1 << i)) === 0 || state.writers[i]?.at !== "crashed") continue;
    const next = copyOf(state);
    deliver(next, settings, 1 << i);
    next.intents &= ~(1 << i);
    take(
      `the relay finds the intent of writer ${i + 1} too old, delivers it a last time and deletes it`,
      next,
    );
  }
}

/** Removes what these rows name. A hold is left: it hides the old value already, and its writer will remove it. */
export function deliver(next: State, settings: Settings, rows: number): void {
  for (const slot of slotsOf(next, rows)) {
    if (settings.weakness === "the relay deletes holds") next[slot] = undefined;
    else removeUnlessHeld(next, slot);
  }
}

function slotsOf(state: State, rows: number): Set<Slot> {
  return new Set(state.writers.filter((_, i) => rows & (1 << i)).map(slotOf));
}
