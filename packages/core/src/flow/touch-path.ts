import type { CasToken } from "../backend/cache-backend.js";
import type { PersistenceBackend } from "../backend/persistence-backend.js";
import { type Envelope, encodeEnvelope, keptUntilMs } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds, UnixMilliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, databaseLate, withDeadline } from "./deadline.js";
import type { TrustedCache } from "./trusted-cache.js";

export interface TouchPathOptions<V> {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly trusted: TrustedCache;
  readonly nodes: CacheNodes;
  readonly persistence: PersistenceBackend<V>;
  readonly clock: Clock;
  readonly schemaVersion: number;
  readonly cacheTimeoutMs: Milliseconds;
  readonly loadTimeoutMs: Milliseconds;
  /** Moves the row's end as a write: with hold and release. */
  readonly write: (key: FinalKey, rowExpiresAtMs: UnixMilliseconds) => Promise<boolean>;
}

/** How often a cached copy that changed under the touch is looked at again. */
const mostLooks = 3;

/**
 * Moves only the expiry of a value. The cached copy gets the exact instant, by compare-and-set over the entry that was seen: a blind touch
 * would prolong holds and leases. The row's expiry leads by `leadMs`, so that most touches need not write it.
 * A touch that shortens a life is a write.
 */
export class TouchPath<V> {
  readonly #options: TouchPathOptions<V>;

  constructor(options: TouchPathOptions<V>) {
    this.#options = options;
  }

  /** Resolves with `false` when there is no value. Only for callers outside of a transaction. */
  async touch(key: FinalKey, expiresAtMs: UnixMilliseconds, leadMs: Milliseconds): Promise<boolean> {
    const rowExpiresAtMs = expiresAtMs + leadMs;
    for (let look = 0; look < mostLooks; look += 1) {
      const copy = await this.#cachedCopy(key);
      if (copy === undefined) return this.#touchRow(key, expiresAtMs, rowExpiresAtMs);
      const { envelope, token } = copy;
      if (envelope.text === undefined) return false;
      const rowEndsAtMs = envelope.rowExpiresAtMs ?? Number.POSITIVE_INFINITY;
      if (rowEndsAtMs > rowExpiresAtMs) break;
      const rowLeads = rowEndsAtMs >= expiresAtMs;
      if (!rowLeads && !(await this.#moveRow(key, rowExpiresAtMs))) return false;
      const moved = rowLeads ? { ...envelope, expiresAtMs } : { ...envelope, expiresAtMs, rowExpiresAtMs };
      if (await this.#restamp(key, moved, token)) return true;
      // The copy has changed meanwhile, and may have been made from a row that ended later: look again.
    }
    return this.#options.write(key, rowExpiresAtMs);
  }

  /** Without a cached copy the row itself tells what is to be done. */
  async #touchRow(
    key: FinalKey,
    expiresAtMs: UnixMilliseconds,
    rowExpiresAtMs: UnixMilliseconds,
  ): Promise<boolean> {
    const { persistence, write } = this.#options;
    const row = (await this.#bounded(persistence.readMany([key.key]))).get(key.key);
    if (row === undefined) return false;
    const endsAtMs = row.expiresAtMs ?? Number.POSITIVE_INFINITY;
    if (endsAtMs > rowExpiresAtMs) return write(key, rowExpiresAtMs);
    return endsAtMs >= expiresAtMs || this.#moveRow(key, rowExpiresAtMs);
  }

  /** Copies that end earlier than the row do no harm, so this needs no hold. */
  #moveRow(key: FinalKey, rowExpiresAtMs: UnixMilliseconds): Promise<boolean> {
    return this.#bounded(this.#options.persistence.touch(key.key, rowExpiresAtMs));
  }

  #bounded<T>(access: Promise<T>): Promise<T> {
    const { clock, loadTimeoutMs, store } = this.#options;
    return withDeadline(clock, loadTimeoutMs, access, () => databaseLate(store));
  }

  async #cachedCopy(key: FinalKey): Promise<{ envelope: Envelope; token: CasToken } | undefined> {
    const { trusted, nodes, clock, cacheTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const sighting = await trusted.look(nodes.partitionOf(key.cacheKey), [key.cacheKey], deadline);
    const entry = sighting?.entries.get(key.cacheKey);
    const served = trusted.served(key, entry);
    return served && entry && { envelope: served.envelope, token: entry.token };
  }

  async #restamp(key: FinalKey, envelope: Envelope, token: CasToken): Promise<boolean> {
    const { cache, trusted, nodes, clock, cacheTimeoutMs, schemaVersion } = this.#options;
    const ttlMs = Math.ceil(keptUntilMs(envelope) - clock.nowMs());
    if (ttlMs <= 0) return false;
    const bytes = encodeEnvelope(key, schemaVersion, envelope);
    try {
      return (await cache.compareAndSet(key.cacheKey, bytes, ttlMs, token, cacheTimeoutMs)) !== undefined;
    } catch (error) {
      trusted.stepFailed(nodes.partitionOf(key.cacheKey), error);
      return false;
    }
  }
}
