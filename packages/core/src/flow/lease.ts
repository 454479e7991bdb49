import type { CasToken } from "../backend/cache-backend.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";

export interface LeaseOptions {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  readonly cacheTimeoutMs: Milliseconds;
  /** The lease's own lifetime; renewed at a third of it while the load runs. */
  readonly ttlMs: Milliseconds;
  /** The lease as it stands in the cache. */
  readonly bytes: Uint8Array;
}

/** How a fill ended. */
export type FillResult = "stored" | "refused" | "unknown";

/**
 * The right to fill one missing key, taken before the database is read.
 *
 * Invariant: a fill is stored only if nobody wrote the key since the lease was taken: every writer replaces or removes the lease, which voids
 * its token. The token is followed through renewals; a renewal that fails, or whose outcome is unknown, ends the right.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #cacheKey: string;
  #token: CasToken | undefined;
  #timer: ClockTimer | undefined;
  #renewing: Promise<void> | undefined;
  #ended = false;
  /** The end waited for a renewal that was not answered. */
  #endedLate = false;

  /** @param token - of the lease entry, as `add` or `compareAndSet` returned it. */
  constructor(cacheKey: string, token: CasToken, options: LeaseOptions) {
    this.#cacheKey = cacheKey;
    this.#token = token;
    this.#options = options;
    this.#renewLater();
  }

  /** Puts `bytes` in the place of the lease. Never rejects: a fill that is refused is normal. */
  async fill(bytes: Uint8Array, ttlMs: Milliseconds): Promise<FillResult> {
    const token = await this.#end();
    if (token === undefined) return this.#endedLate ? "unknown" : "refused";
    const { cache, nodes, cacheTimeoutMs } = this.#options;
    try {
      const stored = await cache.compareAndSet(this.#cacheKey, bytes, ttlMs, token, cacheTimeoutMs);
      return stored === undefined ? "refused" : "stored";
    } catch (error) {
      nodes.failed(nodes.partitionOf(this.#cacheKey), error);
      return "unknown";
    }
  }

  /** Removes the lease unfilled, so that the next reader need not wait for it to run out. Never rejects. */
  async giveBack(): Promise<void> {
    const token = await this.#end();
    if (token === undefined) return;
    const { cache, nodes, cacheTimeoutMs } = this.#options;
    try {
      await cache.delete(this.#cacheKey, token, cacheTimeoutMs);
    } catch (error) {
      nodes.failed(nodes.partitionOf(this.#cacheKey), error); // it runs out by itself
    }
  }

  /** Ends the renewal, after one under way: its token is the one that counts. */
  async #end(): Promise<CasToken | undefined> {
    this.#ended = true;
    this.#timer?.cancel();
    await this.#renewing;
    const token = this.#token;
    this.#token = undefined;
    return token;
  }

  #renewLater(): void {
    const renew = (): void => {
      this.#renewing = this.#renew();
    };
    this.#timer = this.#options.clock.after(this.#options.ttlMs / 3, renew, "tidy");
  }

  async #renew(): Promise<void> {
    const { cache, cacheTimeoutMs, ttlMs, bytes } = this.#options;
    const token = this.#token;
    if (token === undefined) return;
    try {
      const storedTtlMs = cache.lastingTtlMs(ttlMs);
      this.#token = await cache.compareAndSet(this.#cacheKey, bytes, storedTtlMs, token, cacheTimeoutMs);
    } catch {
      this.#token = undefined;
      this.#endedLate = this.#ended;
    }
    if (!this.#ended && this.#token !== undefined) this.#renewLater();
  }
}
