import type { CacheSighting, History, Read, StoreSighting, Write } from "../history/history.js";
import type { Fault, RunMs } from "../history/history-event.js";
import type { Bounds } from "./bounds.js";
import type { CommitOrder } from "./commit-order.js";
import type { Register } from "./register.js";

/** A committed write that a read did not see though it should have, and what the history knows about the two. */
export class MissedWrite {
  readonly write: Write;
  readonly read: Read;
  readonly register: Register;
  readonly history: History;
  readonly bounds: Bounds;
  /** By then it was committed: its caller was told, or something saw it. */
  readonly committedByMs: RunMs;
  /** When its caller was told that it is committed; infinite: never. */
  readonly acknowledgedMs: RunMs;

  constructor(
    write: Write,
    state: number,
    read: Read,
    context: { register: Register; history: History; order: CommitOrder; bounds: Bounds },
  ) {
    this.write = write;
    this.read = read;
    this.register = context.register;
    this.history = context.history;
    this.bounds = context.bounds;
    this.committedByMs = context.order.committedBy(state);
    this.acknowledgedMs =
      write.outcome === "committed" && write.endMs !== undefined ? write.endMs : Number.POSITIVE_INFINITY;
  }

  /** Whether the read began while the writer had not been told yet. */
  get concurrent(): boolean {
    return this.acknowledgedMs > this.read.beginMs;
  }

  /**
   * What the store told about this write and this register. What is told after the commit comes in no call's context: it is the
   * write's own if it came between the end of its transaction and that of its call.
   */
  told(event: StoreSighting["event"]): StoreSighting | undefined {
    const { write, register } = this;
    const own = write.told.find((one) => one.event === event && one.store === register.store);
    if (own !== undefined) return own;
    const fromMs = write.transactionEnd?.atMs ?? Number.POSITIVE_INFINITY;
    const toMs = write.endMs ?? Number.POSITIVE_INFINITY;
    return this.history.processes
      .get(write.process)
      ?.told.find(
        ({ event: told, store, atMs }) =>
          told === event && store === register.store && atMs >= fromMs && atMs <= toMs,
      );
  }

  /**
   * The hold and its renewals, as far as confirmed. The write's own is the one that its process placed first between the announcement
   * and the end of the transaction: no two writes of a process are there at once with one key.
   */
  get placements(): readonly CacheSighting[] {
    const { write, register, history } = this;
    const fromMs = write.attempts.findLast(({ register: id }) => id === register.id)?.atMs ?? write.beginMs;
    const toMs = write.transactionEnd?.atMs ?? write.endMs ?? Number.POSITIVE_INFINITY;
    const placements = history
      .stepsOn(register.cacheKey)
      .filter((step) => step.process === write.process && isPlacement(step));
    const first = placements.find(({ beginMs }) => beginMs >= fromMs && beginMs <= toMs);
    return first === undefined ? [] : placements.filter(({ hold }) => hold === first.hold);
  }

  /**
   * How it is known that no hold was confirmed before the commit, so that the key was in the log; `undefined`: it was confirmed.
   * A derived key is logged in any case, and no event tells; but what the cache confirmed is in the history before the commit.
   */
  get holdUnconfirmed(): string | undefined {
    const told = this.told("hold-unconfirmed");
    if (told !== undefined) return `told "hold-unconfirmed" at ${told.atMs} ms`;
    if (this.register.kind === "row" || this.placements.length > 0) return undefined;
    return "logged its derived key, and had no hold confirmed";
  }

  /** How it is known that its release was not confirmed, so that the key was in the log when its caller was told. */
  get releaseUnconfirmed(): string | undefined {
    const told = this.told("release-unconfirmed");
    if (told !== undefined) return `told "release-unconfirmed" at ${told.atMs} ms`;
    if (this.register.kind === "row" || this.#seenEmpty(this.acknowledgedMs)) return undefined;
    return "had logged its derived key, and had no release confirmed";
  }

  /** Whether the writer's process was killed before the read began. */
  get writerDied(): boolean {
    return this.history.faults.some(
      ({ kind, target, beginMs }) =>
        kind === "worker-killed" && target === this.write.process && beginMs < this.read.beginMs,
    );
  }

  /** What was done to the node that has the key. */
  cacheFaults(...kinds: readonly Fault["kind"][]): readonly Fault[] {
    return this.history.faults.filter(
      ({ kind, target }) => kinds.includes(kind) && target === this.register.node,
    );
  }

  /** From when on a relay could deliver what was logged at `loggedMs`: the cache was stopped no more. */
  reachableMs(loggedMs: RunMs): { readonly atMs: RunMs; readonly outage: Fault | undefined } {
    const outage = this.cacheFaults("cache-stopped", "cache-cut").findLast(
      ({ beginMs, endMs }) => endMs > loggedMs && beginMs < this.read.beginMs,
    );
    return { atMs: Math.max(loggedMs, outage?.endMs ?? loggedMs), outage };
  }

  /**
   * Whether something that removes the key for certain lies between the commit and the read: then no exclusion holds.
   * @param loggedMs - since when the key stood in the log; infinite: it never did.
   */
  removedInBetween(loggedMs: RunMs): boolean {
    return this.#cacheKilled() || this.#seenEmpty(this.read.beginMs) || this.#cleaned(loggedMs);
  }

  /** What the cache served before is gone, and what it got since was read after the commit. */
  #cacheKilled(): boolean {
    return this.cacheFaults("cache-killed").some(
      ({ beginMs, effectMs }) => beginMs > this.committedByMs && effectMs < this.read.beginMs,
    );
  }

  /**
   * After the commit somebody, the writer's release as a rule, saw that nothing but perhaps a hold stood there, or removed what
   * did: older entries were gone by then, and older leases void.
   */
  #seenEmpty(beforeMs: RunMs): boolean {
    return this.history
      .stepsOn(this.register.cacheKey)
      .some(
        ({ step, kind, outcome, beginMs, endMs }) =>
          outcome === "done" &&
          beginMs > this.committedByMs &&
          endMs < beforeMs &&
          (step === "delete" || (step === "look" && (kind === "nothing" || kind === "hold"))),
      );
  }

  /** A process began to clean the node after the key was logged, and had done so before the read. */
  #cleaned(loggedMs: RunMs): boolean {
    for (const { told, connects } of this.history.processes.values()) {
      const believed = told.findLast(
        ({ event, node, atMs }) =>
          event === "node-believed" && node === this.register.node && atMs < this.read.beginMs,
      );
      const cleaning =
        believed &&
        connects.findLast(({ key, endMs }) => key === this.register.node && endMs <= believed.atMs);
      if (cleaning !== undefined && cleaning.beginMs > loggedMs) return true;
    }
    return false;
  }
}

/** Whether the step put a hold at the key, or renewed it, and the cache confirmed it. */
export function isPlacement({ step, kind, outcome }: CacheSighting): boolean {
  return kind === "hold" && outcome === "done" && step !== "look" && step !== "delete";
}
