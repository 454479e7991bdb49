/** Who has to be alive and awake for an event to happen. */
export interface Actor {
  readonly name: string;
  readonly alive: boolean;
  readonly pausedUntilMs: number;
}

/** An event that can be called off. */
export interface Cancellable {
  cancel(): void;
}

interface Event extends Cancellable {
  atMs: number;
  order: number;
  readonly actor: Actor | undefined;
  run: (() => void) | undefined;
}

const turnsAtOnce = 32;

/**
 * The only source of progress in a simulated world: messages and timers are events on a virtual clock. Between two events all
 * microtasks and `process.nextTick`s run to their end, which is deterministic.
 */
export class Scheduler {
  readonly #heap: Event[] = [];
  #sequence = 0;
  nowMs = 0;
  /** How many events have happened. */
  steps = 0;

  /** Events of an actor that is dead by then never happen; those of one that is paused wait for it. */
  at(atMs: number, actor: Actor | undefined, run: () => void): Cancellable {
    const event: Event = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.#sequence++,
      actor,
      run,
      cancel: () => {
        event.run = undefined;
      },
    };
    this.#push(event);
    return event;
  }

  after(delayMs: number, actor: Actor | undefined, run: () => void): Cancellable {
    return this.at(this.nowMs + delayMs, actor, run);
  }

  /** Lets events happen until `done`, or up to `untilMs`. Resolves with whether it was done. */
  run(untilMs: number, done: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        over = true;
        settle();
      };
      const turn = (): void => {
        if (over) return;
        try {
          if (done()) end(() => resolve(true));
          else if (!this.#happen(untilMs)) end(() => resolve(false));
        } catch (error) {
          end(() => reject(error));
        }
      };
      // Node runs all ticks and microtasks to their end between two immediates; many of them in one turn of its loop save the polls for I/O.
      const turns = (): void => {
        if (over) return;
        for (let count = 0; count < turnsAtOnce; count += 1) setImmediate(turn);
        setImmediate(turns);
      };
      turns();
    });
  }

  /** Lets the next event happen that is due by `untilMs`; `false` when there is none. */
  #happen(untilMs: number): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return false;
      }
      this.#pop();
      const { run, actor } = event;
      if (run === undefined || actor?.alive === false) continue;
      if (actor !== undefined && actor.pausedUntilMs > event.atMs) {
        event.atMs = actor.pausedUntilMs;
        event.order = this.#sequence++;
        this.#push(event);
        continue;
      }
      event.run = undefined;
      this.nowMs = event.atMs;
      this.steps += 1;
      run();
      return true;
    }
  }

  /** Timers and messages that wait for an actor. */
  pending(actor: Actor): number {
    return this.#heap.filter((event) => event.actor === actor && event.run !== undefined).length;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!before(event, heap[above] as Event)) break;
      heap[index] = heap[above] as Event;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1] as Event, heap[below] as Event)) below += 1;
      if (!before(heap[below] as Event, last)) break;
      heap[index] = heap[below] as Event;
      index = below;
    }
    heap[index] = last;
  }
}

function before(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** All that follows from the last event without another one. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
