import { textOf } from "../cache/entry-bytes.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { excuse } from "./excuse.js";
import type { Sighting, State } from "./history.js";
import type { WriteFacts } from "./write-facts.js";

/** A state that somebody has been told of. */
export interface Known {
  readonly state: number;
  readonly atMoment: number;
  readonly atMs: number;
  readonly how: "acknowledged" | "read" | "committed";
  /** The write whose acknowledgement counts, or that made what was read. `undefined`: it was there from the beginning. */
  readonly by: WriteFacts | undefined;
}

/** One row of one answer. */
export interface ReadAnswer {
  readonly process: SimProcess;
  readonly begunAtMoment: number;
  readonly begunAtMs: number;
  readonly cacheKey: string;
  readonly register: string;
  readonly id: string | undefined;
  /** Read inside a transaction, so past the cache. */
  readonly direct: boolean;
}

/**
 * Linearizability of each row: commits order its states, and no read returns an older one than a write acknowledged, or a finished read
 * returned, before it began; unless design 2.2 or 2.5 excuses that very write in that very moment.
 */
export class Reads {
  readonly #world: World;
  readonly #known = new Map<string, Known[]>();
  /** How many reads were excused, by reason. */
  readonly excused = new Map<string, number>();
  checked = 0;

  constructor(world: World) {
    this.#world = world;
  }

  acknowledged(facts: WriteFacts): void {
    const { history, scheduler } = this.#world;
    const atMoment = history.moment();
    facts.acknowledgedAtMoment = atMoment;
    for (const { register, state } of [...facts.made, ...facts.saw]) {
      this.#learn(register, { state, atMoment, atMs: scheduler.nowMs, how: "acknowledged", by: facts });
    }
  }

  /** All is quiet: what the database holds is what everybody reads from now on. */
  settled(): void {
    const { history, scheduler } = this.#world;
    const atMs = scheduler.nowMs;
    for (const [register, states] of history.registers()) {
      const state = states.length - 1;
      const by = states[state]?.by;
      this.#learn(register, { state, atMoment: history.moment(), atMs, how: "committed", by });
    }
  }

  answered(read: ReadAnswer): void {
    this.checked += 1;
    const { history } = this.#world;
    const known = (this.#known.get(read.register) ?? []).filter((one) => this.#counts(one, read));
    const bound = known.reduce((most, { state }) => Math.max(most, state), 0);
    const state = this.#stateOf(read, bound);
    const states = history.states(read.register);
    if (state === undefined) {
      history.violated(`${tell(read)}, which never stood there`);
      return;
    }
    this.#learn(read.register, {
      state,
      atMoment: history.moment(),
      atMs: this.#world.scheduler.nowMs,
      how: "read",
      by: states[state]?.by,
    });
    if (read.id !== undefined && !this.#world.lives.maybeShown(read.register, state, read)) {
      history.violated(`${tell(read)}, which had ended before`);
    }
    if (state >= bound) return;
    const since = this.#since(read);
    const sightings = this.#sightings(read, since);
    for (const missed of known) {
      if (missed.state <= state) continue;
      const seen = sightings.filter(({ atMoment }) => !this.#ownBefore(missed, read, atMoment));
      const reason = read.direct ? undefined : excuse(missed, since, seen, this.#world);
      if (reason === undefined) {
        const what = missed.how === "read" ? "already read" : missed.how;
        const id = states[missed.state]?.id ?? "absent";
        history.violated(
          `${tell(read)}, but ${id} of ${missed.by?.name ?? "the beginning"} was ${what} before the read began`,
        );
        return;
      }
      this.excused.set(reason, (this.excused.get(reason) ?? 0) + 1);
    }
  }

  /** What a near cache may show still: all that others did within its ttl. */
  #counts(known: Known, read: ReadAnswer): boolean {
    if (known.atMoment >= read.begunAtMoment) return false;
    const { nearTtlMs, bus } = this.#world.settings;
    if (nearTtlMs === undefined || read.direct || isOwn(known, read)) return true;
    const awake = read.process.pausedUntilMs + longestToldMs < read.begunAtMs;
    const told = bus === "prompt" && known.how === "acknowledged" && awake;
    return known.atMs < read.begunAtMs - (told ? Math.min(nearTtlMs, longestToldMs) : nearTtlMs);
  }

  /** The earliest read of the shared cache that the answer may come from. */
  #since(read: ReadAnswer): ReadAnswer {
    const { nearTtlMs } = this.#world.settings;
    if (nearTtlMs === undefined || read.direct) return read;
    const begunAtMs = read.begunAtMs - nearTtlMs;
    return { ...read, begunAtMs, begunAtMoment: this.#world.history.momentAt(begunAtMs) };
  }

  /** A near cache drops what came before a write of its own process. */
  #ownBefore(missed: Known, read: ReadAnswer, sightedAtMoment: number): boolean {
    return isOwn(missed, read) && sightedAtMoment < (missed.by?.committedAtMoment ?? 0);
  }

  /** The state that the answer shows; of several absences the one that is kindest to later reads. */
  #stateOf(read: ReadAnswer, bound: number): number | undefined {
    const { register, id } = read;
    const { lives, history } = this.#world;
    const states = history.states(register);
    const isAbsent = (state: State, index: number): boolean =>
      state.id === undefined || lives.maybeEnded(register, index, read);
    if (id !== undefined) {
      const found = states.findLastIndex((state) => state.id === id);
      return found < 0 ? undefined : found;
    }
    const after = states.findIndex((state, index) => index >= bound && isAbsent(state, index));
    if (after >= 0) return after;
    const before = states.findLastIndex((state, index) => index < bound && isAbsent(state, index));
    return before < 0 ? undefined : before;
  }

  /** Answers of the cache that held what the read returned. */
  #sightings(read: ReadAnswer, since: ReadAnswer): Sighting[] {
    const ends = this.#world.lives.any;
    return this.#world.history.sightings.filter(
      ({ process, key, atMoment, bytes }) =>
        process === read.process &&
        key === read.cacheKey &&
        atMoment > since.begunAtMoment &&
        (read.id === undefined
          ? ends || textOf(bytes) === undefined || textOf(bytes)?.includes("null")
          : textOf(bytes)?.includes(`"${read.id}"`)),
    );
  }

  #learn(register: string, known: Known): void {
    let all = this.#known.get(register);
    if (all === undefined) {
      all = [];
      this.#known.set(register, all);
    }
    if (all.some(({ state, by, how }) => state === known.state && by === known.by && how === known.how))
      return;
    all.push(known);
  }
}

/** By when a bus that loses nothing has told everybody. */
const longestToldMs = 5;

/** Whether this process has done it itself, through its store, and been told so. */
function isOwn({ by, how }: Known, { process }: ReadAnswer): boolean {
  return how === "acknowledged" && by?.process === process && !by.slips;
}

function tell({ process, register, id, cacheKey }: ReadAnswer): string {
  return `a read of ${cacheKey} in ${process.name} returned ${id ?? "absent"} for ${register}`;
}
