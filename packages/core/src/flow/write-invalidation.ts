import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { Observer } from "../backend/observer.js";
import type {
  TransactionEnd,
  TransactionParticipant,
  TransactionScope,
} from "../backend/transaction-scope.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { Background } from "./background.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, pause } from "./deadline.js";
import { detached } from "./detached.js";
import { Hold } from "./hold.js";
import { newLogEntry } from "./invalidation-relay.js";
import { placesToRemove, type Removable, remove } from "./removal.js";

/** What the stores of one cache and one database share. */
export interface WriteInvalidationOptions {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly log: InvalidationLog | undefined;
  readonly transactions: TransactionScope;
  readonly clock: Clock;
}

/** How one store wants its keys invalidated. */
export interface WritingStore {
  readonly store: string;
  readonly observer: Observer;
  readonly background: Background;
  readonly cacheTimeoutMs: Milliseconds;
  readonly holdTtlMs: Milliseconds;
  readonly whenCacheUnreachable: "log" | "reject";
  readonly logInvalidations: "derived" | "always";
  /** Ends the sharing of this process's running loads of these keys. */
  readonly detach: (cacheKeys: readonly string[]) => void;
}

/** How one key is touched by the transaction. */
export type Touch =
  /** The very row was written: its row lock orders the writers, so the log is needed only where the hold is not confirmed. */
  | "row"
  /** Made stale by a write elsewhere: logged with every write, since no lock orders its writers. */
  | "derived"
  /** The statement changed no row. Released all the same, so that a repeated delete repairs what a crash left. */
  | "unchanged";

interface TouchedKey {
  readonly cacheKey: string;
  /** The first that touched it: holds and messages go by it. */
  readonly store: WritingStore;
  /** All that touched it: two stores of one name have the same keys, and each has near copies and policies of its own. */
  readonly stores: Set<WritingStore>;
  touch: Touch;
  /** One at each place of the key. */
  holds: readonly Hold[];
  /** It was held at all places, and not seen to be lost since. */
  held: boolean;
  /** Its row in the log. */
  logged: InvalidationEntry | undefined;
}

const strength: Record<Touch, number> = { unchanged: 0, row: 1, derived: 2 };

/** Pauses between attempts at what could not even be logged. */
const shortestRetryMs = 200;
const longestRetryMs = 5_000;

/**
 * What one transaction owes the cache, for all stores of that cache: hold before the commit, release after it (design, "The protocol: Write").
 *
 * Invariant: from just before the commit until the release, the cache serves no value of a touched key and takes no fill of it; or the key stands
 * in the log, committed with the data. The interleaving it closes: a reader misses, takes the lease and reads the old row;
 * the writer commits; the reader fills the old value. The hold voids the reader's lease, and the release voids every lease
 * taken since the hold was lost, if it was.
 */
export class WriteInvalidation implements TransactionParticipant {
  readonly #options: WriteInvalidationOptions;
  readonly #touched = new Map<string, TouchedKey>();
  #ending = false;

  constructor(options: WriteInvalidationOptions) {
    this.#options = options;
  }

  /**
   * Takes note of a key before the commit. The strongest note of a key counts.
   * @throws {AsideError} `CLOSED` once the commit has begun: the key would be neither held nor logged.
   */
  touch(cacheKey: string, touch: Touch, store: WritingStore): void {
    if (this.#ending) {
      throw new AsideError(
        "CLOSED",
        `Store "${store.store}": the transaction is ending already; await every call before its work returns.`,
        { store: store.store },
      );
    }
    const before = this.#touched.get(cacheKey);
    if (before === undefined) {
      const stores = new Set([store]);
      this.#touched.set(cacheKey, {
        cacheKey,
        store,
        stores,
        touch,
        holds: [],
        held: false,
        logged: undefined,
      });
      return;
    }
    before.stores.add(store);
    if (strength[touch] > strength[before.touch]) before.touch = touch;
  }

  async beforeCommit(): Promise<void> {
    this.#ending = true;
    const keys = [...this.#touched.values()];
    await this.#log(
      keys.filter(
        ({ touch, stores }) => touch === "derived" || (touch === "row" && [...stores].some(always)),
      ),
    );
    const held = keys.filter(({ touch }) => touch !== "unchanged");
    await detached(() => this.#hold(held));
    // Appending takes time in which another connection may break; nothing is awaited here between the last look and the commit.
    for (;;) {
      const unconfirmed = held.filter((key) => !heldEverywhere(key));
      const strict = unconfirmed.flatMap(({ stores }) => [...stores]).find(rejecting);
      if (strict !== undefined) throw refusal(strict);
      const lost = unconfirmed.filter((key) => key.held);
      emit("hold-unconfirmed", lost);
      for (const key of lost) key.held = false;
      const open = unconfirmed.filter(({ logged }) => logged === undefined);
      if (open.length === 0 || this.#options.log === undefined) return;
      await this.#log(open);
    }
  }

  async afterEnd(end: TransactionEnd): Promise<void> {
    this.#ending = true;
    const ended = detached(() => this.#afterEnd(end));
    this.#track(ended);
    await ended;
  }

  async #afterEnd(end: TransactionEnd): Promise<void> {
    if (end.outcome === "unknown") {
      // The caller has its error already. The holds stay, renewed, until the lost session can no longer commit.
      this.#detach();
      this.#track(this.#afterUnknown(end.settled));
      return;
    }
    const unconfirmed = await this.#release();
    // After a rollback nothing is stale and no row was committed: a hold that is left runs out by itself.
    if (end.outcome === "committed") {
      this.#strikeReleased(unconfirmed);
      await this.#answerFor(unconfirmed);
      this.#report(unconfirmed);
    }
    this.#detach();
  }

  async #hold(keys: readonly TouchedKey[]): Promise<void> {
    const { cache, nodes, clock } = this.#options;
    await Promise.all(
      keys.flatMap((key) => {
        const { cacheTimeoutMs, holdTtlMs } = key.store;
        const options = { cache, nodes, clock, cacheTimeoutMs, ttlMs: holdTtlMs };
        key.holds = nodes.placesOf(key.cacheKey).map((place) => new Hold(place, options));
        key.held = true;
        return key.holds.map((hold) => hold.place());
      }),
    );
  }

  async #log(keys: readonly TouchedKey[]): Promise<void> {
    const { log, cache } = this.#options;
    if (log === undefined || keys.length === 0) return;
    const entries = keys.map((key) => ({ key, entry: newLogEntry(cache, key.cacheKey) }));
    await log.append(entries.map(({ entry }) => entry));
    for (const { key, entry } of entries) key.logged = entry;
  }

  /** Removes every touched key from the cache, in one deadline; returns those that are not confirmed. */
  async #release(): Promise<ReadonlySet<TouchedKey>> {
    const { cache, nodes, clock } = this.#options;
    const keys = [...this.#touched.values()];
    const deadline = new Deadline(clock, Math.max(0, ...keys.map(({ store }) => store.cacheTimeoutMs)));
    const removables = await Promise.all(
      keys.flatMap<Removable | Promise<Removable>>(({ cacheKey, holds }) =>
        holds.length > 0 ? holds.map((hold) => hold.end(deadline)) : placesToRemove(nodes, [cacheKey]),
      ),
    );
    const { confirmed } = await remove(removables, {
      cache,
      nodes,
      clock,
      timeoutMs: deadline.remainingMs(),
    });
    return new Set(keys.filter(({ cacheKey }) => !nodes.coveredBy(confirmed, cacheKey)));
  }

  /** Deletes the log rows of released keys, behind the caller. A row that stays is delivered once more, which does no harm. */
  #strikeReleased(unconfirmed: ReadonlySet<TouchedKey>): void {
    const { log, transactions } = this.#options;
    const rows = [...this.#touched.values()].flatMap((key) =>
      key.logged !== undefined && !unconfirmed.has(key) ? [key.logged.id] : [],
    );
    if (log === undefined || rows.length === 0) return;
    this.#track(transactions.outside(() => log.remove(rows)));
  }

  /** Sees to it that unconfirmed keys stand in the log before the caller is resolved; where that fails too, goes on trying. */
  async #answerFor(unconfirmed: ReadonlySet<TouchedKey>): Promise<void> {
    emit("release-unconfirmed", [...unconfirmed]);
    const open = [...unconfirmed].filter(({ logged }) => logged === undefined);
    if (open.length === 0) return;
    if (await this.#logAlone(open)) return;
    emit("log-failed", open);
    this.#track(this.#goOn(open));
  }

  /** Logs in a transaction of its own. Without a log there is nobody to hand over to. */
  async #logAlone(keys: readonly TouchedKey[]): Promise<boolean> {
    if (this.#options.log === undefined) return false;
    try {
      await this.#options.transactions.outside(() => this.#log(keys));
      return true;
    } catch {
      return false;
    }
  }

  /** Tries in turn to remove the keys and to log them, with growing pauses, until each is done or a store closes. */
  async #goOn(keys: readonly TouchedKey[]): Promise<void> {
    const { cache, nodes, clock } = this.#options;
    const closing = AbortSignal.any([...new Set(keys.map(({ store }) => store.background.closing))]);
    let open = keys;
    for (let waitMs = shortestRetryMs; ; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      await pause(clock, waitMs * (0.5 + Math.random() / 2), closing);
      const timeoutMs = Math.max(...open.map(({ store }) => store.cacheTimeoutMs));
      const removables = placesToRemove(
        nodes,
        open.map(({ cacheKey }) => cacheKey),
      );
      const { confirmed } = await remove(removables, { cache, nodes, clock, timeoutMs });
      const left = open.filter(({ cacheKey }) => !nodes.coveredBy(confirmed, cacheKey));
      // A read may have brought the old value back from the cache since the write was resolved.
      if (left.length < open.length) this.#detach();
      open = left;
      if (open.length === 0 || (await this.#logAlone(open)) || closing.aborted) return;
    }
  }

  async #afterUnknown(settled: Promise<"gone" | "waited">): Promise<void> {
    if ((await settled) === "waited") {
      // The session was not seen to end and may still commit after the release. Its rows are left to the relay, which comes by later.
      await this.#answerFor(new Set(this.#touched.values()));
      await this.#release();
    } else {
      const unconfirmed = await this.#release();
      this.#strikeReleased(unconfirmed);
      await this.#answerFor(unconfirmed);
    }
    this.#detach();
  }

  /** Tells each store what became of its keys. */
  #report(unconfirmed: ReadonlySet<TouchedKey>): void {
    for (const [store, keys] of byStore(this.#touched.values())) {
      if (!store.observer.active) continue;
      store.observer.emit({
        type: "invalidation",
        store: store.store,
        keys: keys.length,
        held: keys.filter(({ held }) => held).length,
        released: keys.filter((key) => !unconfirmed.has(key)).length,
      });
    }
  }

  #detach(): void {
    for (const [store, keys] of byStore(this.#touched.values()))
      store.detach(keys.map(({ cacheKey }) => cacheKey));
  }

  /** The stores wait for it when they close. */
  #track(work: Promise<unknown>): void {
    for (const { stores } of this.#touched.values()) for (const store of stores) store.background.track(work);
    work.catch(ignored);
  }
}

/** A hold that is missed at one place leaves the readers of that place in the open. */
function heldEverywhere({ holds }: TouchedKey): boolean {
  return holds.length > 0 && holds.every(({ confirmed }) => confirmed);
}

function always(store: WritingStore): boolean {
  return store.logInvalidations === "always";
}

function rejecting(store: WritingStore): boolean {
  return store.whenCacheUnreachable === "reject";
}

function refusal({ store }: WritingStore): AsideError {
  return new AsideError(
    "CACHE_UNAVAILABLE",
    `Store "${store}": the cache did not confirm the hold, and the store is set to reject writes then.`,
    { store, committed: false },
  );
}

/** Tells each store's observer how many of its keys are concerned. */
function emit(
  type: "hold-unconfirmed" | "release-unconfirmed" | "log-failed",
  keys: readonly TouchedKey[],
): void {
  for (const [store, own] of byStore(keys)) {
    if (store.observer.active) store.observer.emit({ type, store: store.store, keys: own.length });
  }
}

function byStore(keys: Iterable<TouchedKey>): Map<WritingStore, TouchedKey[]> {
  const groups = new Map<WritingStore, TouchedKey[]>();
  for (const key of keys) {
    for (const store of key.stores) {
      const group = groups.get(store);
      if (group === undefined) groups.set(store, [key]);
      else group.push(key);
    }
  }
  return groups;
}

/** Only rows that could not be struck end here; a relay delivers them. */
function ignored(): void {}
