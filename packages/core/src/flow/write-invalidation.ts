import type { CacheBackend } from "../backend/cache-backend.js";
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
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, pause } from "./deadline.js";
import { Hold } from "./hold.js";
import { newLogEntry } from "./invalidation-relay.js";
import { remove } from "./removal.js";

export interface WriteInvalidationOptions {
  readonly store: string;
  readonly cache: CacheBackend;
  readonly nodes: CacheNodes;
  readonly log: InvalidationLog | undefined;
  readonly transactions: TransactionScope;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly background: Background;
  readonly cacheTimeoutMs: Milliseconds;
  readonly holdTtlMs: Milliseconds;
  readonly whenCacheUnreachable: "log" | "reject";
  readonly logInvalidations: "derived" | "always";
  /** Ends the sharing of this process's running loads of these keys. */
  readonly detach: (cacheKeys: Iterable<string>) => void;
}

/** How one key is touched by the transaction. */
type Touch =
  /** The very row was written: its row lock orders the writers, so the log is needed only where the hold is not confirmed. */
  | "row"
  /** Made stale by a write elsewhere: logged with every write, since no lock orders its writers. */
  | "derived"
  /** The statement changed no row. Released all the same, so that a repeated delete repairs what a crash left. */
  | "unchanged";

const strength: Record<Touch, number> = { unchanged: 0, row: 1, derived: 2 };

/** Pauses between attempts at what could not even be logged. */
const shortestRetryMs = 200;
const longestRetryMs = 5_000;

/**
 * What one transaction of one store owes the cache: hold before the commit, release after it (design, "The protocol: Write").
 *
 * Invariant: from just before the commit until the release, the cache serves no value of a touched key and takes no fill of it; or the key stands
 * in the log, committed with the data. The interleaving it closes: a reader misses, takes the lease and reads the old row;
 * the writer commits; the reader fills the old value. The hold voids the reader's lease, and the release voids every lease
 * taken since the hold was lost, if it was.
 */
export class WriteInvalidation implements TransactionParticipant {
  readonly #options: WriteInvalidationOptions;
  readonly #touched = new Map<string, Touch>();
  readonly #holds = new Map<string, Hold>();
  readonly #logged = new Map<string, InvalidationEntry>();

  constructor(options: WriteInvalidationOptions) {
    this.#options = options;
  }

  /** Takes note of a key before the commit. The stronger of two notes counts. */
  touch(cacheKey: string, touch: Touch): void {
    const before = this.#touched.get(cacheKey);
    if (before === undefined || strength[touch] > strength[before]) this.#touched.set(cacheKey, touch);
  }

  async beforeCommit(): Promise<void> {
    const { logInvalidations } = this.#options;
    await this.#log(
      this.#keys((touch) => touch === "derived" || (touch === "row" && logInvalidations === "always")),
    );
    await this.#hold(this.#keys((touch) => touch !== "unchanged"));
    // Appending takes time in which another connection may break; nothing is awaited between the last look and the commit.
    for (;;) {
      const unconfirmed = [...this.#holds]
        .filter(([, hold]) => !hold.confirmed)
        .map(([cacheKey]) => cacheKey);
      if (unconfirmed.length > 0) this.#refuseUnconfirmed();
      const open = unconfirmed.filter((cacheKey) => !this.#logged.has(cacheKey));
      if (open.length === 0 || this.#options.log === undefined) return;
      this.#emit("hold-unconfirmed", open.length);
      await this.#log(open);
    }
  }

  async afterEnd(end: TransactionEnd): Promise<void> {
    if (end.outcome === "unknown") {
      // The caller has its error already. The holds stay, renewed, until the lost session can no longer commit.
      this.#options.background.track(this.#afterUnknown(end.settled));
      return;
    }
    const unconfirmed = await this.#release();
    this.#strikeReleased(unconfirmed);
    // After a rollback nothing is stale: a hold that is left runs out by itself.
    if (end.outcome === "committed") await this.#answerFor(unconfirmed);
    this.#options.detach(this.#touched.keys());
  }

  #refuseUnconfirmed(): void {
    const { store, whenCacheUnreachable } = this.#options;
    if (whenCacheUnreachable !== "reject") return;
    throw new AsideError(
      "CACHE_UNAVAILABLE",
      `Store "${store}": the cache did not confirm the hold, and the store is set to reject writes then.`,
      { store, committed: false },
    );
  }

  #keys(wanted: (touch: Touch) => boolean): string[] {
    return [...this.#touched].filter(([, touch]) => wanted(touch)).map(([cacheKey]) => cacheKey);
  }

  async #hold(cacheKeys: readonly string[]): Promise<void> {
    const { cache, nodes, clock, cacheTimeoutMs, holdTtlMs } = this.#options;
    await Promise.all(
      cacheKeys.map((cacheKey) => {
        const hold = new Hold(cacheKey, { cache, nodes, clock, cacheTimeoutMs, ttlMs: holdTtlMs });
        this.#holds.set(cacheKey, hold);
        return hold.place();
      }),
    );
  }

  async #log(cacheKeys: readonly string[]): Promise<void> {
    const { log, cache } = this.#options;
    if (log === undefined || cacheKeys.length === 0) return;
    const entries = cacheKeys.map((cacheKey) => newLogEntry(cache, cacheKey));
    await log.append(entries);
    for (const entry of entries) this.#logged.set(entry.key, entry);
  }

  /** Removes every touched key from the cache; returns those that are not confirmed. */
  async #release(): Promise<string[]> {
    const { cache, nodes, clock, cacheTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const removables = await Promise.all(
      [...this.#touched.keys()].map((cacheKey) => this.#holds.get(cacheKey)?.end(deadline) ?? { cacheKey }),
    );
    const confirmed = await remove(removables, { cache, nodes, clock, timeoutMs: deadline.remainingMs() });
    return [...this.#touched.keys()].filter((cacheKey) => !confirmed.has(cacheKey));
  }

  /** Deletes the log rows of released keys, behind the caller. A row that stays is delivered once more, which does no harm. */
  #strikeReleased(unconfirmed: readonly string[]): void {
    const { log, transactions, background } = this.#options;
    const rows = [...this.#logged.values()]
      .filter(({ key }) => !unconfirmed.includes(key))
      .map(({ id }) => id);
    if (log === undefined || rows.length === 0) return;
    background.track(transactions.outside(() => log.remove(rows)).catch(ignored));
  }

  /** Sees to it that unconfirmed keys stand in the log before the caller is resolved; where that fails too, goes on trying. */
  async #answerFor(unconfirmed: readonly string[]): Promise<void> {
    const open = unconfirmed.filter((cacheKey) => !this.#logged.has(cacheKey));
    if (open.length === 0) return;
    this.#emit("release-unconfirmed", open.length);
    if (await this.#logAlone(open)) return;
    this.#emit("log-failed", open.length);
    this.#options.background.track(this.#goOn(open));
  }

  /** Logs in a transaction of its own. Without a log there is nobody to hand over to. */
  async #logAlone(cacheKeys: readonly string[]): Promise<boolean> {
    if (this.#options.log === undefined) return false;
    try {
      await this.#options.transactions.outside(() => this.#log(cacheKeys));
      return true;
    } catch {
      return false;
    }
  }

  /** Tries in turn to remove the keys and to log them, with growing pauses, until each is done. Ends with the process at the latest. */
  async #goOn(cacheKeys: readonly string[]): Promise<void> {
    const { cache, nodes, clock, cacheTimeoutMs, background } = this.#options;
    let open = cacheKeys;
    for (
      let waitMs = shortestRetryMs;
      open.length > 0 && !background.closing;
      waitMs = Math.min(waitMs * 2, longestRetryMs)
    ) {
      await Promise.race([pause(clock, waitMs * (0.5 + Math.random() / 2)), background.whenClosing]);
      const confirmed = await remove(
        open.map((cacheKey) => ({ cacheKey })),
        { cache, nodes, clock, timeoutMs: cacheTimeoutMs },
      );
      open = open.filter((cacheKey) => !confirmed.has(cacheKey));
      if (open.length > 0 && (await this.#logAlone(open))) return;
    }
  }

  async #afterUnknown(settled: Promise<"gone" | "waited">): Promise<void> {
    if ((await settled) === "waited") {
      // The session was not seen to end and may still commit after the release. Its rows are left to the relay, which comes by later.
      await this.#answerFor([...this.#touched.keys()]);
      await this.#release();
    } else {
      const unconfirmed = await this.#release();
      this.#strikeReleased(unconfirmed);
      await this.#answerFor(unconfirmed);
    }
    this.#options.detach(this.#touched.keys());
  }

  #emit(type: "hold-unconfirmed" | "release-unconfirmed" | "log-failed", keys: number): void {
    const { observer, store } = this.#options;
    if (observer.active) observer.emit({ type, store, keys });
  }
}

/** A row that could not be struck stays and is delivered by a relay. */
function ignored(): void {}
