import { holdOf, put, stands } from "./cache.js";
import { renewalSteps } from "./renewal.js";
import type { Settings } from "./settings.js";
import { copyOf, type Entry, type State, slotOf, type Writer, writerIn } from "./state.js";
import type { Take } from "./take.js";

/**
 * The writers: begin and write the row, hold, commit, release, resolve the caller. `work` has no transaction: it commits an intent, holds, does
 * its work, releases, settles the intent. A writer may crash wherever something of it is left behind.
 */
export function writerSteps(state: State, settings: Settings, take: Take): void {
  for (let i = 0; i < state.writers.length; i += 1) {
    const writer = state.writers[i] as Writer;
    const name = `writer ${i + 1}`;
    switch (writer.at) {
      case "idle":
        begin(state, settings, i, name, take);
        break;
      case "begun":
        hold(state, settings, i, name, take);
        break;
      case "held":
        commit(state, settings, i, name, take);
        break;
      case "committing":
        commitArrives(state, settings, i, name, take);
        break;
      case "committed":
        // It waits for a renewal under way: one that arrived after the removal would put the hold back.
        if (writer.renewing === "no") release(state, settings, i, name, take);
        break;
      case "released":
        settle(state, i, name, take);
    }
    if (!state.cut) renewalSteps(state, settings, i, name, take);
    if (writer.lateHold) lateHold(state, i, name, take);
    crash(state, settings, i, name, take);
  }
}

function begin(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const { kind } = state.writers[i] as Writer;
  if (kind === "row" && state.rowLock >= 0) return;
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.at = "begun";
  if (kind === "row") {
    next.rowLock = i;
    take(`${name} begins, writes the row and so locks it`, next);
  } else if (kind !== "work") take(`${name} begins and writes another row`, next);
  else if (settings.weakness === "intents follow the work") take(`${name} begins`, next);
  else {
    next.intents |= 1 << i;
    take(`${name} commits its intent to the log`, next);
  }
}

function hold(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.at = "held";
  if (settings.weakness === "no holds") take(`${name} places no hold`, next);
  else if (settings.unconfirmedHolds.includes(i)) {
    me.logged = true;
    me.lateHold = settings.lateHolds;
    take(`${name}: its hold is not confirmed`, next);
  } else if (state.cut) {
    me.logged = true;
    take(`${name} cannot place its hold: the cache is out of reach`, next);
  } else {
    me.token = put(next, slotOf(me), holdOf(i));
    take(`${name} places its hold${me.kind === "tag" ? " on the seed of the tag" : ""}`, next);
  }
}

/** Nothing is known of it any more to its writer, nor does anybody renew it: it hides the key until it runs out. */
function lateHold(state: State, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.lateHold = false;
  put(next, slotOf(me), holdOf(i));
  take(`the late hold of ${name} arrives`, next);
}

function commit(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const { kind } = state.writers[i] as Writer;
  const committed = copyOf(state);
  const me = writerIn(committed, i);
  me.at = "committed";
  apply(committed, settings, i);
  take(kind === "work" ? `${name}: its work is done` : `${name}: its commit is processed`, committed);
  if (settings.unknownCommits && kind !== "work") {
    const lost = copyOf(state);
    writerIn(lost, i).at = "committing";
    take(`${name} sends its commit and loses the connection: outcome unknown`, lost);
  }
  if (settings.rollbacks.includes(i)) {
    const rolledBack = copyOf(state);
    const it = writerIn(rolledBack, i);
    it.at = "committed";
    it.rolledBack = true;
    unlock(rolledBack, i);
    take(`${name} rolls back`, rolledBack);
  }
}

function commitArrives(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  const me = writerIn(next, i);
  apply(next, settings, i);
  me.unacknowledged = true;
  me.at = settings.weakness === "unknown commits leave the hold to expire" ? "crashed" : "committed";
  take(`the database processes the commit of ${name}`, next);
}

/** The write is in the database, and with it the log row where one belongs to it. */
function apply(next: State, settings: Settings, i: number): void {
  const { kind, logged } = next.writers[i] as Writer;
  next.database |= 1 << i;
  unlock(next, i);
  if (kind !== "work" && (logged || logsAlways(settings, kind))) next.log |= 1 << i;
}

function logsAlways(settings: Settings, kind: Writer["kind"]): boolean {
  if (kind === "row")
    return settings.logged === "always" && settings.weakness !== "invalidations are not logged";
  return settings.weakness !== "derived keys are not logged";
}

function unlock(next: State, i: number): void {
  if (next.rowLock === i) next.rowLock = -1;
}

/**
 * Own hold: delete by token. Another writer's hold, or one's own that was never confirmed: leave it. Anything else: delete by token, after a look.
 */
function release(state: State, settings: Settings, i: number, name: string, take: Take): void {
  const writer = state.writers[i] as Writer;
  if (settings.unconfirmedHolds.includes(i) && writer.kind !== "work") {
    // It may not reach the cache, and the relay will see to it. The staleness that this leaves is bounded, and said: not acknowledged.
    const next = copyOf(state);
    writerIn(next, i).at = "done";
    take(`${name} resolves; its key is in the log`, next);
  }
  const intentMissing = writer.kind === "work" && (state.intents & (1 << i)) === 0;
  if (intentMissing && settings.weakness === "intents follow the work") {
    const next = copyOf(state);
    next.intents |= 1 << i;
    take(`${name} commits its intent to the log`, next);
    return;
  }
  if (settings.unconfirmedReleases || state.cut) {
    const next = copyOf(state);
    const logs = settings.weakness !== "unconfirmed releases are ignored";
    resolve(next, i);
    if (logs) next.log |= 1 << i;
    take(
      `${name}: its release is not confirmed${logs ? ", it logs the key" : ""}${writer.kind === "work" ? "" : " and resolves"}`,
      next,
    );
  }
  if (state.cut) return;
  const slot = slotOf(writer);
  const next = copyOf(state);
  const entry = state[slot];
  const then = writer.kind === "work" ? "" : ", resolves";
  if (entry === undefined) {
    resolve(next, i);
    take(`${name} releases: finds nothing${then}`, next);
    return;
  }
  if (stands(state, slot, writer.token)) {
    next[slot] = undefined;
    resolve(next, i);
    const own = entry.kind === "hold" && entry.by === i;
    const deleted = own ? "its hold" : nameOf(entry);
    take(`${name} releases: deletes ${deleted}${then}`, next);
    return;
  }
  if (entry.kind === "hold" && entry.by !== i && settings.weakness !== "releases delete foreign holds") {
    resolve(next, i);
    take(`${name} releases: leaves ${nameOf(entry)}${then}`, next);
    return;
  }
  const late = entry.kind === "hold" && settings.unconfirmedHolds.includes(i);
  if (late && settings.weakness !== "releases delete their own late holds") {
    // It may stand in the place of the next writer's, who counts on being hidden. It runs out.
    resolve(next, i);
    take(`${name} releases: leaves its own hold, which came late${then}`, next);
    return;
  }
  writerIn(next, i).token = entry.token;
  take(`${name} releases: finds ${nameOf(entry)}`, next);
}

function nameOf({ kind, by }: Entry): string {
  return kind === "hold" ? `the hold of writer ${by + 1}` : `a ${kind}`;
}

/** The caller is told, and the key struck from the log; `work` has its intent to settle first. */
function resolve(next: State, i: number): void {
  const me = writerIn(next, i);
  if (me.kind === "work") {
    me.at = "released";
    return;
  }
  me.at = "done";
  if (!me.rolledBack && !me.unacknowledged) next.acknowledged |= 1 << i;
  next.log &= ~(1 << i);
}

function settle(state: State, i: number, name: string, take: Take): void {
  const next = copyOf(state);
  writerIn(next, i).at = "done";
  next.intents &= ~(1 << i);
  next.acknowledged |= 1 << i;
  take(`${name} settles its intent and resolves`, next);
}

function crash(state: State, settings: Settings, i: number, name: string, take: Take): void {
  if (state.crashes >= settings.crashes) return;
  const { at } = state.writers[i] as Writer;
  if (at !== "begun" && at !== "held" && at !== "committed" && at !== "released") return;
  const next = copyOf(state);
  const me = writerIn(next, i);
  me.at = "crashed";
  me.renewing = "no";
  next.crashes += 1;
  unlock(next, i);
  take(`${name} crashes`, next);
}
