import type { CacheBackend, CasToken } from "../backend/cache-backend.js";
import { newHoldBytes } from "../entry/entry-kind.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import type { CacheNodes } from "./cache-nodes.js";
import { type Deadline, withDeadline } from "./deadline.js";
import { cacheLate, type Removable } from "./removal.js";

export interface HoldOptions {
  readonly cache: CacheBackend;
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
  #ended = false;

  constructor(cacheKey: string, options: HoldOptions) {
    this.#cacheKey = cacheKey;
    this.#options = options;
  }

  /** Whether the hold was confirmed over a connection that still stands. */
  get confirmed(): boolean {
    return this.#token !== undefined && this.#options.nodes.stands(this.#cacheKey, this.#token);
  }

  /** Places the hold. Not confirmed is no error: see {@link confirmed}. */
  async place(): Promise<void> {
    const { cache, nodes } = this.#options;
    const partition = nodes.partitionOf(this.#cacheKey);
    if (!nodes.usable(partition)) return;
    try {
      this.#token = await this.#bounded((timeoutMs) =>
        cache.set(this.#cacheKey, this.#bytes, this.#storedTtlMs, { timeoutMs }),
      );
      nodes.succeeded(partition);
      this.#renewLater();
    } catch (error) {
      nodes.failed(partition, error); // whatever it is: a write is never lost to its cache
    }
  }

  /** Ends the renewal, after one under way, and says what is to be removed. Takes no longer than `deadline`. */
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
    return { cacheKey: this.#cacheKey, hold: this.#bytes, token: this.#token };
  }

  #renewLater(): void {
    this.#timer = this.#options.clock.after(this.#options.ttlMs / 3, () => {
      this.#renewing = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { cache } = this.#options;
    try {
      const token = this.#token;
      const renewed =
        token === undefined
          ? undefined
          : await this.#bounded((timeoutMs) =>
              cache.compareAndSet(this.#cacheKey, this.#bytes, this.#storedTtlMs, token, { timeoutMs }),
            );
      // Gone, or another writer's hold: set anew. That hides the key for the longer of the two transactions, which is safe.
      this.#token =
        renewed ??
        (this.#ended
          ? undefined
          : await this.#bounded((timeoutMs) =>
              cache.set(this.#cacheKey, this.#bytes, this.#storedTtlMs, { timeoutMs }),
            ));
    } catch {
      this.#token = undefined; // outcome unknown: no longer confirmed, tried again at the next third
    }
    if (!this.#ended) this.#renewLater();
  }

  /** A coarse clock lets an entry live up to one step less than asked. */
  get #storedTtlMs(): Milliseconds {
    const step = this.#options.cache.limits.ttlStepMs;
    return this.#options.ttlMs + (step > 1 ? step : 0);
  }

  #bounded<T>(call: (timeoutMs: Milliseconds) => Promise<T>): Promise<T> {
    const { clock, cacheTimeoutMs } = this.#options;
    return withDeadline(clock, cacheTimeoutMs, call(cacheTimeoutMs), cacheLate);
  }
}
