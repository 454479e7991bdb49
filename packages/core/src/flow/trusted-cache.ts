import type { CacheEntry } from "../backend/cache-backend.js";
import type { LeasedEntry } from "../backend/leasing-cache-backend.js";
import type { Observer } from "../backend/observer.js";
import type { ValueCodec } from "../backend/value-codec.js";
import { EncodedValue } from "../entry/encoded-value.js";
import type { EntryFormat } from "../entry/entry-format.js";
import { expiredIn, kindOf } from "../entry/entry-kind.js";
import { type Envelope, graceAt, servedAt } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import { isAsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import type { Deadline } from "./deadline.js";
import { type Moment, now } from "./flight.js";

export interface TrustedCacheOptions {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly codec: ValueCodec;
  readonly format: EntryFormat;
}

/** What a node said. */
export interface Sighting {
  /** When it was asked. */
  readonly askedAt: Moment;
  readonly askedAtMs: Milliseconds;
  /** Those marked as leased were put there by the question itself. */
  readonly entries: ReadonlyMap<string, CacheEntry & Partial<LeasedEntry>>;
}

/** What may be served of an entry. */
export interface Served {
  readonly envelope: Envelope;
  /** `undefined` is known absence. */
  readonly value: EncodedValue | undefined;
}

/** The cache as reads see it: only over believed connections, and only what may be served. */
export class TrustedCache {
  readonly #options: TrustedCacheOptions;

  constructor(options: TrustedCacheOptions) {
    this.#options = options;
  }

  /**
   * Reads keys of one partition; `undefined` when the node cannot be asked, or not be believed, within `deadline`. Never rejects.
   * @param leaseTtlMs - takes a lease at the keys that hold nothing, if the cache can do that in the same round trip.
   */
  async look(
    partition: string,
    cacheKeys: readonly string[],
    deadline: Deadline,
    leaseTtlMs?: Milliseconds,
  ): Promise<Sighting | undefined> {
    const { cache, nodes, clock } = this.#options;
    const connection = nodes.believed(partition) ?? (await nodes.believe(partition, deadline.remainingMs()));
    if (connection === undefined || deadline.passed) return undefined;
    const askedAt = now();
    const askedAtMs = clock.monotonicMs();
    try {
      const timeoutMs = deadline.remainingMs();
      const entries =
        leaseTtlMs === undefined
          ? await cache.getMany(cacheKeys, timeoutMs)
          : await cache.getOrLease(cacheKeys, leaseTtlMs, timeoutMs);
      // The answer came over the connection that was believed only if that one still stands.
      if (nodes.believed(partition) !== connection) return undefined;
      nodes.succeeded(partition);
      return { askedAt, askedAtMs, entries };
    } catch (error) {
      this.stepFailed(partition, error);
      return undefined;
    }
  }

  /** Takes note of a cache step of a read that failed. */
  stepFailed(partition: string, error: unknown): void {
    const { nodes, observer, store } = this.#options;
    nodes.failed(partition, error);
    if (!observer.active) return;
    observer.emit({
      type: "cache-failed",
      store,
      code: isAsideError(error) ? error.code : "CACHE_UNAVAILABLE",
    });
  }

  /**
   * What may be served of an entry; `undefined` for all that is not a sound and unexpired value or absence of the caller's generations. An entry
   * that the codec cannot decode is odd like any other.
   */
  served(key: FinalKey, seeds: Uint8Array, entry: CacheEntry | undefined): Served | undefined {
    const sound = this.#sound(key, seeds, entry?.bytes);
    const envelope = sound && servedAt(sound, this.#options.clock.nowMs());
    return envelope && this.#valueOf(envelope);
  }

  /**
   * A value that has ended and may be served while its source fails: one that still stands, or that a lease carries. Whoever invalidates the
   * key removes both, and a generation that was invalidated has another seed: so there is no grace for what was invalidated.
   */
  grace(key: FinalKey, seeds: Uint8Array, entry: CacheEntry | undefined): Served | undefined {
    if (entry === undefined) return undefined;
    const bytes = kindOf(entry.bytes) === "lease" ? expiredIn(entry.bytes) : entry.bytes;
    const envelope = this.#sound(key, seeds, bytes);
    return envelope && graceAt(envelope, this.#options.clock.nowMs()) ? this.#valueOf(envelope) : undefined;
  }

  #sound(key: FinalKey, seeds: Uint8Array, bytes: Uint8Array | undefined): Envelope | undefined {
    const kind = bytes && kindOf(bytes);
    return kind === "value" || kind === "absence"
      ? this.#options.format.decode(key, seeds, bytes as Uint8Array)
      : undefined;
  }

  #valueOf(envelope: Envelope): Served | undefined {
    if (envelope.text === undefined) return { envelope, value: undefined };
    const value = EncodedValue.read(envelope.text, this.#options.codec);
    return value && { envelope, value };
  }
}
