import { AsideError } from "@aside/core";
import type { Dawdler } from "../plan/plan.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import type { CacheNode } from "./cache-node.js";

interface Call {
  reject(error: AsideError): void;
  dropped: boolean;
  arrived: boolean;
}

/**
 * One connection of one process to one node. Requests arrive in the order in which they were sent, and so do the answers; each arrival is an event.
 * When it ends, what is under way may still arrive, up to some request: a server reads what was sent to it before the end.
 */
export class CacheConnection {
  readonly incarnation: number;
  readonly readyAtMoment: number;
  /** When this process noticed its end. */
  closedAtMoment: number | undefined;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #node: CacheNode;
  readonly #boot: number;
  readonly #patienceMs: number;
  readonly #calls = new Set<Call>();
  #lastArrivalMs = 0;
  #lastReplyMs = 0;
  #serverOpen = true;
  /** The end of the last stop of the server that requests met, and how long after it these were done. */
  #resumedMs = 0;
  #resumeDelayMs = 0;

  constructor(world: World, process: SimProcess, node: CacheNode, boot: number, incarnation: number) {
    this.#world = world;
    this.#process = process;
    this.#node = node;
    this.#boot = boot;
    this.incarnation = incarnation;
    this.readyAtMoment = world.history.moment();
    this.#patienceMs = world.settings.cacheTimeoutMs;
  }

  get open(): boolean {
    return this.closedAtMoment === undefined;
  }

  /** Sends a request; `apply` is its effect on the node. Never sends anything twice. */
  call<T>(kind: Dawdler, key: string, what: string, timeoutMs: number, apply: () => T): Promise<T> {
    if (!this.open) return Promise.reject(unavailable());
    if (timeoutMs <= 0) return Promise.reject(timedOut());
    const { scheduler } = this.#world;
    const process = this.#process;
    return new Promise<T>((resolve, reject) => {
      const late = scheduler.after(timeoutMs, process, () => {
        reject(timedOut());
        this.#world.note(() => `${process.name} gives up ${what}`);
        if (timeoutMs >= this.#patienceMs) this.end();
        else {
          scheduler.after(this.#patienceMs - timeoutMs, process, () => {
            if (this.#calls.has(call)) this.end();
          });
        }
      });
      const settle = (): void => {
        late.cancel();
        this.#calls.delete(call);
      };
      const call: Call = {
        dropped: false,
        arrived: false,
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#calls.add(call);
      this.#world.note(() => `${process.name} sends ${what}`);
      this.#arrive(kind, key, call, () => {
        const result = apply();
        this.#world.note(() => `${this.#node.name} does ${what} of ${process.name}: ${tell(result)}`);
        this.#reply(kind, () => {
          if (!this.open || call.dropped) return;
          settle();
          resolve(result);
        });
      });
    });
  }

  /** Ends it as seen from the process: neighbours of a late call fail with it. */
  end(): void {
    if (!this.open) return;
    this.closedAtMoment = this.#world.history.moment();
    this.#world.note(() => `${this.#process.name} ends its connection to ${this.#node.name}`);
    this.#truncate();
    for (const call of [...this.#calls]) call.reject(unavailable());
    this.#process.cache.ended(this);
  }

  /** The network or the server ends it; the process notices later. */
  breakOff(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    for (const call of this.#calls) if (call.arrived) call.dropped = true;
    this.#world.scheduler.after(this.#process.latencyMs(), this.#process, () => this.end());
  }

  /** The process is dead: what it sent may still arrive. */
  abandon(): void {
    this.closedAtMoment = this.#world.history.moment();
    this.#truncate();
  }

  /** The first so many requests under way get through. Often all. */
  #truncate(): void {
    const { random } = this.#process;
    const waiting = [...this.#calls].filter((call) => !call.arrived);
    const through = random.chance(0.7) ? waiting.length : random.below(waiting.length + 1);
    for (const call of waiting.slice(through)) call.dropped = true;
  }

  #arrive(kind: Dawdler, key: string, call: Call, effect: () => void): void {
    const { scheduler } = this.#world;
    const atMs = this.#process
      .networkTo(this.#node)
      .arrivalMs(this.#lastArrivalMs, this.#process.latencyMs(kind));
    const arrive = (): void => {
      // Nothing gets through a partition; what was sent before it began is taken for sent after.
      const healedMs = this.#process.networkTo(this.#node).partitionedUntilMs;
      if (healedMs > scheduler.nowMs) {
        again(healedMs + 1);
        return;
      }
      // What waited for a stopped server is done in any order over the connections, but in order on each.
      const resumedMs = this.#node.pausedUntilMs;
      if (resumedMs > scheduler.nowMs) {
        if (this.#resumedMs !== resumedMs) this.#resumeDelayMs = this.#process.random.between(0, 20);
        this.#resumedMs = resumedMs;
        again(resumedMs + this.#resumeDelayMs);
        return;
      }
      call.arrived = true;
      if (call.dropped || !this.#serverOpen || this.#node.boot !== this.#boot) return;
      effect();
    };
    const again = (laterMs: number): void => {
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, laterMs);
      scheduler.at(laterMs, undefined, arrive);
    };
    const { lateHoldMs, lateSeedMs } = this.#process;
    if (kind === "seed" && lateSeedMs !== undefined) {
      this.#process.lateSeedMs = undefined;
      this.#world.disturb(lateSeedMs);
      again(atMs + lateSeedMs);
      return;
    }
    if (kind !== "hold" || lateHoldMs === undefined) {
      again(atMs);
      return;
    }
    // The network delivers it late, in any order with what comes over other connections; what follows on this one waits.
    this.#process.lateHoldMs = undefined;
    const delayed = scheduler.at(atMs + lateHoldMs, undefined, arrive);
    this.#lastArrivalMs = atMs + lateHoldMs;
    this.#world.disturb(lateHoldMs);
    this.#world.holds.afterNext(key, () => {
      delayed.cancel();
      scheduler.after(this.#process.random.next(), undefined, arrive);
    });
  }

  #reply(kind: Dawdler, deliver: () => void): void {
    const atMs = this.#process
      .networkTo(this.#node)
      .arrivalMs(
        this.#lastReplyMs,
        this.#process.latencyMs(kind === "fill" ? "answer to fill" : "answer of the cache"),
      );
    this.#lastReplyMs = atMs;
    this.#world.scheduler.at(atMs, this.#process, () => {
      const healedMs = this.#process.networkTo(this.#node).partitionedUntilMs;
      if (healedMs > this.#world.scheduler.nowMs) {
        this.#world.scheduler.at(healedMs, this.#process, deliver);
      } else deliver();
    });
  }
}

export function unavailable(): AsideError {
  return new AsideError("CACHE_UNAVAILABLE", "simulated: no connection to the cache");
}

export function timedOut(): AsideError {
  return new AsideError("CACHE_TIMEOUT", "simulated: the cache did not answer in time");
}

function tell(result: unknown): string {
  if (result instanceof Map) return `${result.size} found`;
  return result === undefined || result === false ? "no" : "yes";
}
