import type { CasToken } from "../backend/cache-backend.js";
import { kindOf, newHoldBytes } from "../entry/entry-kind.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { cacheLate, Deadline, withDeadline } from "./deadline.js";
import type { Removable } from "./removal.js";

export interface HoldOptions {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  readonly cacheTimeoutMs: Milliseconds;
  /** The hold's own lifetime; renewed at a third of it. */
  readonly ttlMs: Milliseconds;
}

/**
 * A writer's entry at one key: hides the old value and blocks every fill while the transaction commits.
 *
 * Invariant: from its confirmation until it is released the entry is there, or is known not to be. `confirmed` answers for the connection as well:
 * a node that restarted in between has forgotten the hold, and a reader could fill the old value before the commit.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #cacheKey: string;
  readonly #bytes = newHoldBytes();
  #token: CasToken | undefined;
  #timer: ClockTimer | undefined;
  #renewing: Promise<void> | undefined;
  /** The node answered that it put the hold there. */
  #placed = false;
  #ended = false;

  constructor(cacheKey: string, options: HoldOptions) {
    this.#cacheKey = cacheKey;
    this.#options = options;
  }

  /** Whether the hold was confirmed over a connection that still stands. */
  get confirmed(): boolean {
    return this.#token !== undefined && this.#options.nodes.connectionStands(this.#cacheKey, this.#token);
  }

  /** Places the hold over whatever stands there. Not confirmed is no error: see {@link confirmed}. */
  async place(): Promise<void> {
    const { cache, nodes, clock, cacheTimeoutMs, ttlMs } = this.#options;
    const partition = nodes.partitionOf(this.#cacheKey);
    if (!nodes.usable(partition)) return;
    const sentAtMs = clock.monotonicMs();
    try {
      const token = await cache.set(this.#cacheKey, this.#bytes, cache.lastingTtlMs(ttlMs), cacheTimeoutMs);
      nodes.succeeded(partition);
      this.#placed = true;
      // One that was confirmed late may have run out on the server before its first renewal.
      if (clock.monotonicMs() - sentAtMs < ttlMs / 3) this.#token = token;
      this.#renewLater();
    } catch (error) {
      nodes.failed(partition, error); // whatever it is: a write is never lost to its cache
    }
  }

  /**
   * Ends the renewal, after one under way, and says what is to be removed. Takes no longer than `deadline`.
   *
   * Invariant: the removal deletes this hold only if its placing was answered, so happened before the commit, so before the next writer of the row
   * could place its own. The interleaving: the placing is given up and the transaction commits; the next writer holds the key; the old
   * request arrives over that hold; to delete it now would leave the next writer's commit in the open. It hides the key until it runs out.
   */
  async end(deadline: Deadline): Promise<Removable> {
    this.#ended = true;
    this.#timer?.cancel();
    // A renewal that was sent before and arrives after the removal would put the hold back for its ttl: wait for it. One that
    // is still under way at the deadline leaves nothing of it to the removal, which is then unconfirmed and logged.
    if (this.#renewing !== undefined) {
      await withDeadline(this.#options.clock, deadline.remainingMs(), this.#renewing, cacheLate).catch(() => {
        this.#token = undefined;
      });
    }
    return { cacheKey: this.#cacheKey, hold: this.#placed ? this.#bytes : undefined, token: this.#token };
  }

  #renewLater(): void {
    const renew = (): void => {
      this.#renewing = this.#renew();
    };
    this.#timer = this.#options.clock.after(this.#options.ttlMs / 3, renew, "tidy");
  }

  async #renew(): Promise<void> {
    const { cache, clock, cacheTimeoutMs, ttlMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const storedTtlMs = cache.lastingTtlMs(ttlMs);
    try {
      const token = this.#token;
      this.#token =
        token &&
        (await cache.compareAndSet(this.#cacheKey, this.#bytes, storedTtlMs, token, deadline.remainingMs()));
      if (this.#token === undefined && !this.#ended) this.#token = await this.#setAnew(storedTtlMs, deadline);
    } catch {
      this.#token = undefined; // outcome unknown: no longer confirmed, tried again at the next third
    }
    if (!this.#ended) this.#renewLater();
  }

  /**
   * Puts the hold back where it was lost, but never over the hold of another writer. The interleaving: this transaction has committed
   * and does not know it yet, the next writer of the row holds the key; to take its hold's place, and be released, would leave that writer's commit in the open.
   */
  async #setAnew(ttlMs: Milliseconds, deadline: Deadline): Promise<CasToken | undefined> {
    const { cache } = this.#options;
    const entry = await cache.get(this.#cacheKey, deadline.remainingMs());
    if (this.#ended) return undefined;
    if (entry === undefined) return cache.add(this.#cacheKey, this.#bytes, ttlMs, deadline.remainingMs());
    const kind = kindOf(entry.bytes);
    const foreign = kind === "unknown" || (kind === "hold" && Buffer.compare(entry.bytes, this.#bytes) !== 0);
    if (foreign) return undefined;
    return cache.compareAndSet(this.#cacheKey, this.#bytes, ttlMs, entry.token, deadline.remainingMs());
  }
}
