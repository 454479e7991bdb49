import type { CacheBackend, CacheEntry } from "../backend/cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { kindOf } from "../entry/entry-kind.js";
import { decodeEnvelope, type Envelope, servedAt } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import { isAsideError } from "../errors/aside-error.js";
import type { Clock } from "../time/clock.js";
import type { CacheNodes } from "./cache-nodes.js";
import { type Deadline, withDeadline } from "./deadline.js";
import { type Moment, now } from "./flight.js";
import { cacheLate } from "./removal.js";

export interface TrustedCacheOptions {
  readonly store: string;
  readonly cache: CacheBackend;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly schemaVersion: number;
}

/** What a node said. */
export interface Sighting {
  /** When it was asked. */
  readonly askedAt: Moment;
  readonly entries: ReadonlyMap<string, CacheEntry>;
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
    const { cache, nodes, clock } = this.#options;
    const connection = nodes.believed(partition) ?? (await nodes.believe(partition, deadline.remainingMs()));
    if (connection === undefined || deadline.passed) return undefined;
    const askedAt = now();
    const timeoutMs = deadline.remainingMs();
    try {
      const entries = await withDeadline(
        clock,
        timeoutMs,
        cache.getMany(cacheKeys, { timeoutMs }),
        cacheLate,
      );
      // The answer came over the connection that was believed only if that one still stands.
      if (nodes.believed(partition) !== connection) return undefined;
      nodes.succeeded(partition);
      return { askedAt, entries };
    } catch (error) {
      this.failed(partition, error);
      return undefined;
    }
  }

  /** Takes note of a cache step of a read that failed. */
  failed(partition: string, error: unknown): void {
    const { nodes, observer, store } = this.#options;
    nodes.failed(partition, error);
    if (!observer.active) return;
    observer.emit({
      type: "cache-failed",
      store,
      code: isAsideError(error) ? error.code : "CACHE_UNAVAILABLE",
    });
  }

  /** What may be served of an entry; `undefined` for all that is not a sound and unexpired value or absence. */
  served(key: FinalKey, entry: CacheEntry | undefined): Envelope | undefined {
    if (entry === undefined) return undefined;
    const kind = kindOf(entry.bytes);
    if (kind !== "value" && kind !== "absence") return undefined;
    const envelope = decodeEnvelope(key, this.#options.schemaVersion, entry.bytes);
    return envelope && servedAt(envelope, this.#options.clock.nowMs());
  }
}
