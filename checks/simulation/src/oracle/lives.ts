import { rowName } from "../database/sim-collection.js";
import { epochMs } from "../world/process-clock.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { cacheKeyOf } from "./registers.js";
import type { WriteFacts } from "./write-facts.js";

/** An end that a state of a row was given, by its write or by a touch. */
interface End {
  readonly atMs: number;
  /** By how much the row may outlive it. */
  readonly leadMs: number;
  /** Who touched the row; `undefined`: its write gave the end. */
  readonly process: SimProcess | undefined;
  readonly begunAtMoment: number;
  /** The states that stood from its beginning to its end. */
  readonly fromState: number;
  toState: number;
  acknowledgedAtMoment: number | undefined;
  acknowledgedAtMs: number | undefined;
  /** Its cached copy could be left behind, for what became of its hold. */
  disturbed: boolean;
}

/** A touch under way. */
export interface Touch {
  end(touched: boolean | undefined, writes: readonly WriteFacts[]): void;
}

/** Who asks, and since when. */
interface Asker {
  readonly process: SimProcess;
  readonly begunAtMoment: number;
  readonly begunAtMs: number;
}

/** The end of a state that was written without one. */
const never: Omit<End, "fromState" | "toState"> = {
  atMs: Number.POSITIVE_INFINITY,
  leadMs: 0,
  process: undefined,
  begunAtMoment: 0,
  acknowledgedAtMoment: 0,
  acknowledgedAtMs: 0,
  disturbed: false,
};

/** The library rounds instants to whole milliseconds. */
const roundingMs = 1;

/**
 * Ends of rows: nobody sees a value after its end, or misses one before it. An end that was acknowledged holds until the next touch or write of the
 * row begins; of several at a time any may hold.
 */
export class Lives {
  readonly #world: World;
  readonly #ends = new Map<string, End[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether any row ends by itself in this schedule. */
  get any(): boolean {
    return this.#ends.size > 0;
  }

  /** A write that was just committed gave its state an end. */
  written(register: string, state: number, endsAtMs: number): void {
    const atMoment = this.#world.history.moment();
    this.#add(register, {
      atMs: endsAtMs - epochMs,
      leadMs: 0,
      process: undefined,
      begunAtMoment: atMoment,
      fromState: state,
      toState: state,
      acknowledgedAtMoment: atMoment,
      acknowledgedAtMs: this.#world.scheduler.nowMs,
      disturbed: false,
    });
  }

  beginTouch(process: SimProcess, key: string, endsAtMs: number): Touch {
    const { history, scheduler, settings } = this.#world;
    const register = rowName(key);
    const asker = { process, begunAtMoment: history.moment(), begunAtMs: scheduler.nowMs };
    const fromState = history.states(register).length - 1;
    const revives = !this.#maybeAlive(register, fromState, asker);
    const end: End = {
      atMs: endsAtMs - epochMs,
      leadMs: settings.touchLeadMs,
      process,
      begunAtMoment: asker.begunAtMoment,
      // What has ended stays ended; but the row may be written meanwhile.
      fromState: revives ? fromState + 1 : fromState,
      toState: Number.POSITIVE_INFINITY,
      acknowledgedAtMoment: undefined,
      acknowledgedAtMs: undefined,
      disturbed: false,
    };
    this.#add(register, end);
    return {
      end: (touched, writes) => {
        end.toState = history.states(register).length - 1;
        if (touched === undefined) return;
        // What was just lost or late may have left a copy behind: `excuse` tells how long, but not here.
        const calm = this.#world.disturbedUntilMs < asker.begunAtMs && this.#world.database.log.size === 0;
        if (touched) {
          end.acknowledgedAtMoment = history.moment();
          end.acknowledgedAtMs = scheduler.nowMs;
          end.disturbed = !writes.every(
            ({ standing, unknown }) => !unknown && standing.get(cacheKeyOf(key))?.kind === "hold",
          );
          if (calm && revives && end.toState === fromState)
            history.violated(`a touch of ${key} in ${process.name} revived what had ended`);
        } else if (calm && end.toState === fromState && this.#surelyAlive(register, fromState, asker)) {
          history.violated(`a touch of ${key} in ${process.name} did not find what stands there`);
        }
      },
    };
  }

  /** Whether the state may have ended by now, for who asks. */
  maybeEnded(register: string, state: number, asker: Asker): boolean {
    if (!this.any) return false;
    const { nowMs } = this.#world.scheduler;
    return this.#holding(register, state, asker, false).some(({ atMs }) => atMs - roundingMs <= nowMs);
  }

  /** Whether a value of the state may be shown to who asks. */
  maybeShown(register: string, state: number, asker: Asker): boolean {
    if (!this.any) return true;
    return this.#holding(register, state, asker, true).some(
      ({ atMs, leadMs }) => atMs + leadMs + roundingMs > asker.begunAtMs,
    );
  }

  #maybeAlive(register: string, state: number, asker: Asker): boolean {
    const { id } = this.#world.history.states(register)[state] ?? {};
    return id !== undefined && this.maybeShown(register, state, asker);
  }

  #surelyAlive(register: string, state: number, asker: Asker): boolean {
    const { id } = this.#world.history.states(register)[state] ?? {};
    return id !== undefined && !this.maybeEnded(register, state, asker);
  }

  /** The ends of the state that may hold for who asks: those that no later one has replaced. */
  #holding(register: string, state: number, asker: Asker, shown: boolean): readonly End[] {
    const ends = (this.#ends.get(register) ?? []).filter(
      ({ fromState, toState }) => fromState <= state && state <= toState,
    );
    if (!ends.some(({ process }) => process === undefined))
      ends.push({ ...never, fromState: state, toState: state });
    return ends.filter((end) => !ends.some((other) => this.#replaces(other, end, state, asker, shown)));
  }

  #replaces(other: End, end: End, state: number, asker: Asker, shown: boolean): boolean {
    if (other === end || other.acknowledgedAtMoment === undefined || end.acknowledgedAtMoment === undefined)
      return false;
    if (other.begunAtMoment < end.acknowledgedAtMoment || other.acknowledgedAtMoment > asker.begunAtMoment)
      return false;
    if (other.fromState !== state || other.toState !== state) return false;
    if (shown && other.disturbed) return false;
    // The near cache of another process learns of it later.
    const nearMs = other.process === asker.process ? 0 : (this.#world.settings.nearTtlMs ?? 0);
    return (other.acknowledgedAtMs ?? 0) + nearMs < asker.begunAtMs;
  }

  #add(register: string, end: End): void {
    const ends = this.#ends.get(register);
    if (ends === undefined) this.#ends.set(register, [end]);
    else ends.push(end);
  }
}
