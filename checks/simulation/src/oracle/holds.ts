import type { CacheConnection } from "../cache/cache-connection.js";
import type { Loss, NodeWitness } from "../cache/cache-node.js";
import { hex, isHold } from "../cache/entry-bytes.js";
import type { World } from "../world/world.js";
import type { WriteFacts } from "./write-facts.js";

/** What became of a hold that stood. `"expired"` is not among them: nothing happens then. */
export interface Fate {
  readonly by: Loss | "another hold";
  readonly atMoment: number;
}

/** One hold of one write, through its renewals. */
export interface HoldFacts {
  readonly facts: WriteFacts;
  readonly key: string;
  appliedAtMs: number | undefined;
  /** Connection over which the process was last told that it stands. */
  confirmedOver: CacheConnection | undefined;
  fate: Fate | undefined;
}

/** Follows every hold by its random id. */
export class Holds implements NodeWitness {
  readonly #world: World;
  readonly #holds = new Map<string, HoldFacts>();
  #waiting: { readonly key: string; readonly then: () => void }[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Calls `then` once, right after the next hold of `key` was placed. */
  afterNext(key: string, then: () => void): void {
    this.#waiting.push({ key, then });
  }

  of(bytes: Uint8Array): HoldFacts | undefined {
    return this.#holds.get(hex(bytes));
  }

  sent(bytes: Uint8Array, key: string): void {
    const id = hex(bytes);
    if (this.#holds.has(id)) return;
    const facts = this.#world.acting;
    if (facts === undefined) throw new Error("a hold whose transaction is not known");
    const hold: HoldFacts = { facts, key, appliedAtMs: undefined, confirmedOver: undefined, fate: undefined };
    this.#holds.set(id, hold);
    facts.holds.set(key, hold);
  }

  applied(bytes: Uint8Array): void {
    const hold = this.of(bytes);
    if (hold === undefined) return;
    hold.appliedAtMs = this.#world.scheduler.nowMs;
    hold.fate = undefined;
    const due = this.#waiting.filter(({ key }) => key === hold.key);
    this.#waiting = this.#waiting.filter(({ key }) => key !== hold.key);
    for (const { then } of due) then();
  }

  confirmed(bytes: Uint8Array, connection: CacheConnection): void {
    const hold = this.of(bytes);
    if (hold !== undefined) hold.confirmedOver = connection;
  }

  lost(_key: string, bytes: Uint8Array, by: Loss, next: Uint8Array | undefined): void {
    const hold = this.of(bytes);
    if (hold === undefined) return;
    hold.fate = {
      by: next !== undefined && isHold(next) ? "another hold" : by,
      atMoment: this.#world.history.moment(),
    };
  }
}
