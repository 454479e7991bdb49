import type { EntryFormat } from "../entry/entry-format.js";
import { type Envelope, keptUntilMs } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { Loaded } from "./load.js";

export interface FillsOptions {
  readonly cache: BoundedCache;
  readonly clock: Clock;
  readonly format: EntryFormat;
  /** Share of a ttl by which it is shortened at random. */
  readonly ttlJitter: number;
}

/** An entry and how long the cache is to keep it. */
export interface Fill {
  readonly envelope: Envelope;
  readonly bytes: Uint8Array;
  readonly ttlMs: Milliseconds;
}

/** What stays of a value that stands in for one that could not be loaded: its source is asked again after this time. */
const staleRetryMs = 1_000;

/** An entry, or `undefined` for what is not to be cached, or is larger than the cache takes. A promise only where it has to be compressed. */
export type Making = Fill | undefined | Promise<Fill | undefined>;

/** Makes the entries that are to be stored. */
export class Fills {
  readonly #options: FillsOptions;

  constructor(options: FillsOptions) {
    this.#options = options;
  }

  /** The entry for what was loaded. */
  ofLoaded(key: FinalKey, seeds: Uint8Array, loaded: Loaded, staleIfErrorMs: Milliseconds): Making {
    if (loaded.ttlMs <= 0) return undefined;
    const { clock, ttlJitter } = this.#options;
    const staleAtMs = clock.nowMs() + Math.max(1, Math.round(loaded.ttlMs * (1 - Math.random() * ttlJitter)));
    return this.#of(key, seeds, {
      text: loaded.value?.text,
      version: loaded.version,
      staleAtMs,
      expiresAtMs: loaded.expiresAtMs,
      rowExpiresAtMs: loaded.expiresAtMs,
      graceUntilMs: staleIfErrorMs > 0 ? staleAtMs + staleIfErrorMs : undefined,
      refreshingUntilMs: undefined,
    });
  }

  /** The same value, whose successor its holder is about to load. */
  ofRefreshing(key: FinalKey, seeds: Uint8Array, served: Envelope, forMs: Milliseconds): Making {
    return this.#of(key, seeds, { ...served, refreshingUntilMs: this.#options.clock.nowMs() + forMs });
  }

  /**
   * The value that stood in for one that could not be loaded. It ends with its row: who touched the value while the lease stood in its place found no
   * copy to move, and was content with a row that leads.
   */
  ofStale(key: FinalKey, seeds: Uint8Array, stale: Envelope): Making {
    const retryAtMs = this.#options.clock.nowMs() + staleRetryMs;
    const staleAtMs = Math.min(retryAtMs, stale.graceUntilMs as number);
    const expiresAtMs = stale.rowExpiresAtMs;
    return this.#of(key, seeds, { ...stale, staleAtMs, expiresAtMs, refreshingUntilMs: undefined });
  }

  /** A value whose end was moved. */
  ofTouched(key: FinalKey, seeds: Uint8Array, touched: Envelope): Making {
    return this.#of(key, seeds, touched);
  }

  #of(key: FinalKey, seeds: Uint8Array, envelope: Envelope): Making {
    const { cache, clock, format } = this.#options;
    const ttlMs = Math.ceil(keptUntilMs(envelope) - clock.nowMs());
    if (ttlMs <= 0) return undefined;
    const fillOf = (bytes: Uint8Array): Fill | undefined =>
      bytes.length > cache.limits.maxValueBytes ? undefined : { envelope, bytes, ttlMs };
    const encoding = format.encode(key, seeds, envelope);
    return encoding instanceof Uint8Array ? fillOf(encoding) : encoding.then(fillOf);
  }
}
