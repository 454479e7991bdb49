import type { Settings } from "./settings.js";
import { copyOf, none, type Slot, type State, type Writer } from "./state.js";
import type { Take } from "./take.js";

/** What the cache does by itself: evict, let leases and holds run out, restart empty, be out of reach. */
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
  if (state.restarts < settings.restarts && mayRestart(state, settings)) {
    const next = copyOf(state);
    if (settings.restartsWhen === "before a commit is sent") doubtHolds(next, settings);
    next.restarts += 1;
    next.entry = undefined;
    next.seed = undefined;
    // A token names the connection that it came from, so none of before fits again. Without that memcached's count begins anew.
    if (settings.weakness === "tokens outlive their connection") next.lastToken = none;
    take("the cache restarts, empty", next);
  }
  if (state.cut) {
    const next = copyOf(state);
    next.cut = false;
    take("the network to the cache comes back", next);
  } else if (state.outages < settings.outages) {
    const next = copyOf(state);
    next.outages += 1;
    next.cut = true;
    doubtHolds(next, settings);
    // Everybody will have a new connection, to which no token of before belongs.
    next.writers = next.writers.map((writer) => ({ ...writer, token: none }));
    const believes = settings.weakness === "nodes are believed at once";
    next.readers = next.readers.map((reader) => ({ ...reader, token: none, believes }));
    take("the network to the cache is cut", next);
  }
}

function mayRestart(state: State, settings: Settings): boolean {
  switch (settings.restartsWhen) {
    case "at any time":
      return true;
    case "before a commit is sent":
      return !state.writers.some(({ at }) => at === "committing" || at === "committed");
    case "no writer holds":
      return !state.writers.some(holds);
  }
}

/** A writer sees that the connection of its hold has broken, and will log the key when it commits. */
function doubtHolds(next: State, settings: Settings): void {
  if (settings.weakness === "holds are trusted after the connection broke") return;
  next.writers = next.writers.map((writer) => (writer.at === "held" ? { ...writer, logged: true } : writer));
}

const slots: readonly Slot[] = ["entry", "seed"];

/** A hold is renewed as long as its writer lives, knows no better and reaches the cache. */
function mayRunOut(state: State, settings: Settings, i: number): boolean {
  if (settings.holdsExpire === "at any time" || state.cut) return true;
  const { at } = state.writers[i] as Writer;
  if (at === "committing") return settings.weakness === "unknown commits leave the hold to expire";
  if (at !== "done" && at !== "crashed" && at !== "released") return false;
  // A late hold may stand in the place of another writer's, and is as long as any: it outlasts what that writer has begun.
  return !settings.lateHolds || !state.writers.some((writer, j) => j !== i && holds(writer));
}

/** Whether the writer counts on its hold: it has placed one and has not released it. */
function holds({ at }: Writer): boolean {
  return at === "held" || at === "committing" || at === "committed";
}
