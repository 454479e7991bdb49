import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";

/** A load or a read under way. */
interface Running {
  /** Nobody has written the key in this process since it began. */
  attached: boolean;
  /** Whether no detached flight of the key ran when it began: then all loads that end meanwhile are its own or one that it joined. */
  readonly alone: boolean;
  /** How many loads of its keys have ended since, and how long they took in all. */
  loads: number;
  loadMs: number;
}

/** What a read may have waited for. */
export interface Waited {
  readonly loads: number;
  readonly loadMs: number;
  readonly attached: boolean;
  readonly alone: boolean;
}

interface Suspicion {
  readonly process: SimProcess;
  readonly key: string;
  readonly step: number;
  readonly atMs: number;
}

/**
 * At most one load of a key is in progress in a process. A write of the process detaches the flights that run: they go on for the callers they
 * have, and are not counted; so nothing is said while a read waits that began before the write ended.
 */
export class Loads {
  readonly #world: World;
  readonly #loads = new Map<string, Set<Running>>();
  readonly #reads = new Map<string, Set<Running>>();
  /** Keys of writes whose end is unknown: they detach at an instant that nobody is told. */
  readonly #unsure = new Set<string>();
  #suspicions: Suspicion[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  beginRead(process: SimProcess, keys: readonly string[]): { end(): Waited } {
    return this.#begin(keys.map((key) => of(this.#reads, process, key)));
  }

  beginLoad(process: SimProcess, keys: readonly string[]): { end(): void } {
    const { steps, nowMs } = this.#world.scheduler;
    for (const key of keys) {
      if (this.#unsure.has(`${process.name} ${key}`)) continue;
      if ([...of(this.#reads, process, key)].some(({ attached }) => !attached)) continue;
      if ([...of(this.#loads, process, key)].some(({ attached }) => attached)) {
        this.#suspicions.push({ process, key, step: steps, atMs: nowMs });
      }
    }
    const load = this.#begin(keys.map((key) => of(this.#loads, process, key)));
    return {
      end: () => {
        load.end();
        const tookMs = this.#world.scheduler.nowMs - nowMs;
        for (const read of new Set(keys.flatMap((key) => [...of(this.#reads, process, key)]))) {
          read.loads += 1;
          read.loadMs += tookMs;
        }
      },
    };
  }

  #begin(sets: readonly Set<Running>[]): { end(): Waited } {
    const running: Running = {
      attached: true,
      alone: sets.every((set) => [...set].every(({ attached }) => attached)),
      loads: 0,
      loadMs: 0,
    };
    for (const set of sets) set.add(running);
    return {
      end: () => {
        for (const set of sets) set.delete(running);
        return running;
      },
    };
  }

  /** The process has written the key, or given up to know. */
  detach(process: SimProcess, keys: Iterable<string>): void {
    const { steps } = this.#world.scheduler;
    for (const key of keys) {
      for (const load of of(this.#loads, process, key)) load.attached = false;
      for (const read of of(this.#reads, process, key)) read.attached = false;
      // Within one step the write ended before the load began: only the news of it came later.
      this.#suspicions = this.#suspicions.filter(
        (one) => one.process !== process || one.key !== key || one.step !== steps,
      );
    }
  }

  /** Whether it is known which flights of the key were detached. */
  sure(process: SimProcess, key: string): boolean {
    return !this.#unsure.has(`${process.name} ${key}`);
  }

  /** Nothing is said about these keys any more. */
  doubt(process: SimProcess, keys: Iterable<string>): void {
    for (const key of keys) this.#unsure.add(`${process.name} ${key}`);
  }

  /** Tells what was wrong. */
  conclude(): string[] {
    return this.#suspicions.map(
      ({ process, key, atMs }) => `two loads of ${key} at once in ${process.name} at ${atMs.toFixed(1)} ms`,
    );
  }
}

function of(sets: Map<string, Set<Running>>, process: SimProcess, key: string): Set<Running> {
  const name = `${process.name} ${key}`;
  let set = sets.get(name);
  if (set === undefined) {
    set = new Set();
    sets.set(name, set);
  }
  return set;
}
