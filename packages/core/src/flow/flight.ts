import type { FinalKey } from "../entry/key-space.js";
import type { Deadline } from "./deadline.js";
import type { Load, ReadResult } from "./load.js";

/**
 * Orders "a caller came" and "a question was sent" within the process: a plain count, since both happen on one thread.
 * See {@link Flight}.
 */
export type Moment = number;

interface Caller {
  readonly cameAt: Moment;
  readonly load: Load;
  readonly resolve: (result: ReadResult) => void;
  readonly reject: (error: unknown) => void;
}

const noSeeds = new Uint8Array(0);

/** Names a flight among all of its store. No cache key has a blank in it. */
export function flightId(key: FinalKey, seedKeys: readonly string[]): string {
  return seedKeys.length === 0 ? key.cacheKey : [key.cacheKey, ...seedKeys].join(" ");
}

let lastMoment: Moment = 0;

/** A moment later than all before it. */
export function now(): Moment {
  lastMoment += 1;
  return lastMoment;
}

/**
 * One load of one key inside this process, and the callers that may share it.
 *
 * Invariant: a caller takes an answer only if it came before the question was sent (the cache's get or poll, the database's read);
 * so no caller sees a value older than its own call. One exception, which needs the cache as a witness: a database answer whose
 * fill was stored goes to all that came before the fill was sent, since then nobody wrote the key in between.
 * The interleaving it closes: a load reads the old row; a writer commits and is acknowledged; a caller starts and joins the load.
 * The exception does not hold where the entry belongs to generations: they may have been invalidated without a trace at the key.
 */
export class Flight {
  /** See {@link flightId}. */
  readonly id: string;
  readonly key: FinalKey;
  /** Of the generations that the entry belongs to. Only callers with the same ones share a flight. */
  readonly seedKeys: readonly string[];
  /** The seeds themselves, as they were read or made before the lease. */
  seeds: Uint8Array = noSeeds;
  /** What is left of the time for the cache steps, once they have begun. */
  cacheDeadline: Deadline | undefined;
  /** What is left of the wait for another's lease, once it has begun. */
  leaseDeadline: Deadline | undefined;
  /** How often a lease was asked for and not given. */
  leasesRefused = 0;
  #callers: Caller[] = [];

  constructor(key: FinalKey, seedKeys: readonly string[]) {
    this.id = flightId(key, seedKeys);
    this.key = key;
    this.seedKeys = seedKeys;
  }

  /** Whether anybody still waits. */
  get waiting(): boolean {
    return this.#callers.length > 0;
  }

  join(load: Load): Promise<ReadResult> {
    return new Promise((resolve, reject) => {
      this.#callers.push({ cameAt: now(), load, resolve, reject });
    });
  }

  /** The load of the caller that has waited longest: all callers of a key mean the same value. */
  get load(): Load {
    return (this.#callers[0] as Caller).load;
  }

  /** Answers those who came before `askedAt`; the others go on waiting. */
  answer(result: ReadResult, askedAt: Moment): void {
    const callers = this.#callers;
    this.#callers = callers.filter(({ cameAt }) => cameAt > askedAt);
    for (const { cameAt, resolve } of callers) if (cameAt < askedAt) resolve(result);
  }

  /** Answers everybody. */
  answerAll(result: ReadResult): void {
    for (const { resolve } of this.#take()) resolve(result);
  }

  /** Passes the error to everybody, as it is. */
  rejectAll(error: unknown): void {
    for (const { reject } of this.#take()) reject(error);
  }

  /** Hands those who wait over to `next`. They came before anything that `next` has yet to ask, or to be told. */
  moveTo(next: Flight): void {
    next.#callers.push(...this.#take());
  }

  #take(): readonly Caller[] {
    const callers = this.#callers;
    this.#callers = [];
    return callers;
  }
}
