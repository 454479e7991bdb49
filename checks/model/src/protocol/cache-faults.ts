import type { Settings } from "./settings.js";
import { copyOf, none, type Slot, type State, type Writer } from "./state.js";
import type { Take } from "./take.js";

/** What the cache does by itself: evict, let leases and holds run out, restart empty. */
export function cacheFaultSteps(state: State, settings: Settings, take: Take): void {
  for (const slot of slots) {
    const entry = state[slot];
    if (entry === undefined) continue;
    if (state.evictions < settings.evictions && (entry.kind !== "hold" || settings.evicted === "anything")) {
      const next = copyOf(state);
      next.evictions += 1;
      next[slot] = undefined;
      take(`the cache evicts the ${entry.kind}`, next);
    }
    if (entry.kind === "lease" || (entry.kind === "hold" && mayRunOut(state, settings, entry.by))) {
      const next = copyOf(state);
      next[slot] = undefined;
      take(
        entry.kind === "lease" ? "the lease runs out" : `the hold of writer ${entry.by + 1} runs out`,
        next,
      );
    }
  }
  if (state.restarts < settings.restarts && (settings.restartsWhen === "at any time" || !holding(state))) {
    const next = copyOf(state);
    next.restarts += 1;
    next.entry = undefined;
    next.seed = undefined;
    // A token names the connection that it came from, so none of before fits again. Without that memcached's count begins anew.
    if (settings.weakness === "tokens outlive their connection") next.lastToken = none;
    take("the cache restarts, empty", next);
  }
}

const slots: readonly Slot[] = ["entry", "seed"];

/** A hold is renewed as long as its writer lives and knows no better. */
function mayRunOut(state: State, settings: Settings, i: number): boolean {
  if (settings.holdsExpire === "at any time") return true;
  const { at } = state.writers[i] as Writer;
  if (at === "committing") return settings.weakness === "unknown commits leave the hold to expire";
  return at === "done" || at === "crashed" || at === "released";
}

/** Whether a writer counts on its hold: it has placed one and has not released it. */
function holding(state: State): boolean {
  return state.writers.some(({ at }) => at === "held" || at === "committing" || at === "committed");
}
