import type { CacheEntry } from "../backend/cache-backend.js";
import type { Observer } from "../backend/observer.js";
import type { ValueCodec } from "../backend/value-codec.js";
import { EncodedValue } from "../entry/encoded-value.js";
import { kindOf } from "../entry/entry-kind.js";
import { decodeEnvelope, type Envelope, servedAt } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import { isAsideError } from "../errors/aside-error.js";
import type { Clock } from "../time/clock.js";
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
  readonly schemaVersion: number;
}

/** What a node said. */
export interface Sighting {
  /** When it was asked. */
  readonly askedAt: Moment;
  readonly entries: ReadonlyMap<string, CacheEntry>;
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

  /** Reads keys of one partition; `undefined` when the node cannot be asked, or not be believed, within `deadline`. Never rejects. */
  async look(
    partition: string,
    cacheKeys: readonly string[],
    deadline: Deadline,
  ): Promise<Sighting | undefined> {
    const { cache, nodes } = this.#options;
    const connection = nodes.believed(partition) ?? (await nodes.believe(partition, deadline.remainingMs()));
    if (connection === undefined || deadline.passed) return undefined;
    const askedAt = now();
    try {
      const entries = await cache.getMany(cacheKeys, deadline.remainingMs());
      // The answer came over the connection that was believed only if that one still stands.
      if (nodes.believed(partition) !== connection) return undefined;
      nodes.succeeded(partition);
      return { askedAt, entries };
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
   * What may be served of an entry; `undefined` for all that is not a sound and unexpired value or absence. An entry that the codec cannot
   * decode is odd like any other.
   */
  served(key: FinalKey, entry: CacheEntry | undefined): Served | undefined {
    if (entry === undefined) return undefined;
    const { schemaVersion, clock, codec } = this.#options;
    const kind = kindOf(entry.bytes);
    if (kind !== "value" && kind !== "absence") return undefined;
    const sound = decodeEnvelope(key, schemaVersion, entry.bytes);
    const envelope = sound && servedAt(sound, clock.nowMs());
    if (envelope === undefined) return undefined;
    if (envelope.text === undefined) return { envelope, value: undefined };
    const value = EncodedValue.read(envelope.text, codec);
    return value && { envelope, value };
  }
}
