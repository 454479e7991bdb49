import type { CasToken } from "../backend/cache-backend.js";
import type { Observer } from "../backend/observer.js";
import type { Envelope } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import type { Fill, Fills } from "./fills.js";
import type { Load } from "./load.js";
import type { TrustedCache } from "./trusted-cache.js";

export interface RefreshesOptions {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly trusted: TrustedCache;
  readonly nodes: CacheNodes;
  readonly fills: Fills;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly cacheTimeoutMs: Milliseconds;
  /** How long others leave a value alone that somebody is refreshing. */
  readonly leaseTtlMs: Milliseconds;
}

/** A value as it was served, and what replaces it. */
export interface Refreshable {
  readonly key: FinalKey;
  readonly seeds: Uint8Array;
  readonly envelope: Envelope;
  readonly token: CasToken;
}

/**
 * Loads the successor of a value before the value ends, behind the callers, who go on being served.
 *
 * Invariant: what is stored is stored over the very value that was served, by the token (and with the seeds) got before the load: anything else
 * that stands there by then, a hold or nothing, ends it. The interleaving it closes: the load reads the old row; a writer holds,
 * commits and releases; to add the old row then would bring it back.
 *
 * The value is marked first, by that token, so that one process refreshes it. A failed load leaves the mark: it keeps others from asking the
 * failing source too, until it runs out.
 */
export class Refreshes {
  readonly #options: RefreshesOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: RefreshesOptions) {
    this.#options = options;
  }

  /** The refresh of a key under way in this process, for who must not load it at the same time. Never rejects. */
  running(cacheKey: string): Promise<void> | undefined {
    return this.#running.get(cacheKey);
  }

  /** Nobody waits for the refreshes of these keys any more: what they load may be older than a write. */
  detach(cacheKeys: Iterable<string>): void {
    for (const cacheKey of cacheKeys) this.#running.delete(cacheKey);
  }

  /** Whether the time has come, and nobody is at it already. A value that was touched is left to its end, which its row does not know. */
  due({ key, envelope }: Refreshable, load: Load): boolean {
    const nowMs = this.#options.clock.nowMs();
    return (
      load.refreshBeforeMs > 0 &&
      envelope.expiresAtMs === envelope.rowExpiresAtMs &&
      nowMs >= envelope.staleAtMs - load.refreshBeforeMs &&
      nowMs >= (envelope.refreshingUntilMs ?? 0) &&
      !this.#running.has(key.cacheKey)
    );
  }

  /** Never rejects: the value is served until its end in any case. */
  start(served: Refreshable, load: Load): Promise<void> {
    const { cacheKey } = served.key;
    const running = this.#refresh(served, load)
      .catch(() => "failed" as const) // the loader's error has no caller that waits for it
      .then((outcome) => {
        if (this.#running.get(cacheKey) === running) this.#running.delete(cacheKey);
        this.#observe(outcome);
      });
    this.#running.set(cacheKey, running);
    return running;
  }

  async #refresh(served: Refreshable, load: Load): Promise<"stored" | "refused" | "failed"> {
    const { key, seeds, envelope } = served;
    const { fills, leaseTtlMs } = this.#options;
    const marked = await fills.ofRefreshing(key, seeds, envelope, leaseTtlMs);
    const token = marked && (await this.#replace(key, served.token, marked));
    if (token === undefined) return "refused";
    const loaded = await load.run();
    const fill = await fills.ofLoaded(key, seeds, loaded, load.staleIfErrorMs);
    const stored = fill === undefined ? await this.#drop(key, token) : await this.#replace(key, token, fill);
    return stored ? "stored" : "refused";
  }

  async #replace(key: FinalKey, token: CasToken, { bytes, ttlMs }: Fill): Promise<CasToken | undefined> {
    const { cache, cacheTimeoutMs } = this.#options;
    return this.#step(key, () => cache.compareAndSet(key.cacheKey, bytes, ttlMs, token, cacheTimeoutMs));
  }

  /** The successor is not to be cached. */
  async #drop(key: FinalKey, token: CasToken): Promise<boolean | undefined> {
    const { cache, cacheTimeoutMs } = this.#options;
    return this.#step(key, () => cache.delete(key.cacheKey, token, cacheTimeoutMs));
  }

  async #step<T>(key: FinalKey, call: () => Promise<T>): Promise<T | undefined> {
    const { trusted, nodes } = this.#options;
    try {
      return await call();
    } catch (error) {
      trusted.stepFailed(nodes.partitionOf(key.cacheKey), error);
      return undefined;
    }
  }

  #observe(outcome: "stored" | "refused" | "failed"): void {
    const { observer, store } = this.#options;
    if (observer.active) observer.emit({ type: "refresh", store, outcome });
  }
}
