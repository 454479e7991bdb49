import type { CasToken } from "../backend/cache-backend.js";
import type { PersistenceBackend } from "../backend/persistence-backend.js";
import { kindOf } from "../entry/entry-kind.js";
import type { Envelope } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds, UnixMilliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, databaseLate, withDeadline } from "./deadline.js";
import type { Fills } from "./fills.js";
import type { Generations } from "./generations.js";
import type { NearCache } from "./near-cache.js";
import { seedsIn } from "./seeds.js";
import type { TrustedCache } from "./trusted-cache.js";

export interface TouchPathOptions<V> {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly trusted: TrustedCache;
  readonly nodes: CacheNodes;
  readonly persistence: PersistenceBackend<V>;
  readonly near: NearCache | undefined;
  readonly fills: Fills;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly cacheTimeoutMs: Milliseconds;
  readonly loadTimeoutMs: Milliseconds;
  /** Moves the row's end as a write: with hold and release. */
  readonly write: (key: FinalKey, rowExpiresAtMs: UnixMilliseconds) => Promise<boolean>;
}

interface CachedCopy {
  readonly envelope: Envelope;
  readonly seeds: Uint8Array;
  readonly token: CasToken;
}

/** What a touch can do about the copies of a value: `none` is there; or there may be one that this process cannot see, read or replace. */
type Copy = CachedCopy | "none" | "out-of-reach";

/** How often a cached copy that changed under the touch is looked at again. */
const mostLooks = 3;

/**
 * Moves only the expiry of a value. The cached copy gets the exact instant, by compare-and-set over the entry that was seen: a blind touch
 * would prolong holds and leases. The row's expiry leads by `leadMs`, so that most touches need not write it.
 * A touch that shortens a life is a write.
 *
 * Invariant: when a touch resolves, no copy of an earlier end stands that is taken for the value's own: one that ended before its row is served
 * as a known absence. Where a copy may be out of reach the touch is a write, which removes or logs it. The interleaving it closes: a
 * touch leaves a copy whose row leads; the cache misses one deadline, and the next touch moves the row alone; the copy ends, and with it the value.
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
      if (copy === "none") return this.#touchRow(key, expiresAtMs, rowExpiresAtMs);
      if (copy === "out-of-reach") break;
      const { envelope } = copy;
      if (envelope.text === undefined) return false;
      const rowEndsAtMs = envelope.rowExpiresAtMs ?? Number.POSITIVE_INFINITY;
      if (rowEndsAtMs > rowExpiresAtMs) break;
      const rowLeads = rowEndsAtMs >= expiresAtMs;
      if (!rowLeads && !(await this.#moveRow(key, rowExpiresAtMs))) return false;
      const moved = rowLeads ? { ...envelope, expiresAtMs } : { ...envelope, expiresAtMs, rowExpiresAtMs };
      if (await this.#restamp(key, { ...copy, envelope: moved })) return true;
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

  /** A copy that was made meanwhile of the row as it was ends with that row, and is then loaded anew: so this needs no hold. */
  #moveRow(key: FinalKey, rowExpiresAtMs: UnixMilliseconds): Promise<boolean> {
    return this.#bounded(this.#options.persistence.touch(key.key, rowExpiresAtMs));
  }

  #bounded<T>(access: Promise<T>): Promise<T> {
    const { clock, loadTimeoutMs, store } = this.#options;
    return withDeadline(clock, loadTimeoutMs, access, () => databaseLate(store));
  }

  async #cachedCopy(key: FinalKey): Promise<Copy> {
    const { trusted, nodes, generations, clock, cacheTimeoutMs } = this.#options;
    const { cacheKey } = key;
    // At the key's other places only a write can do something.
    if (nodes.placesOf(cacheKey).length > 1) return "out-of-reach";
    const seedKeys = generations.seedKeysOf(cacheKey, []);
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const sighting = await trusted.look(nodes.partitionOf(cacheKey), [cacheKey, ...seedKeys], deadline);
    if (sighting === undefined) return "out-of-reach";
    const seeds = seedsIn(sighting.entries, seedKeys);
    const entry = sighting.entries.get(cacheKey);
    if (entry === undefined) return "none";
    if (seeds.state === "current") {
      const served = trusted.served(key, seeds.bytes, entry);
      if (served !== undefined) return { envelope: served.envelope, seeds: seeds.bytes, token: entry.token };
    }
    // What is odd to this process may be a copy to another one.
    const kind = kindOf(entry.bytes);
    return kind === "lease" || kind === "hold" ? "none" : "out-of-reach";
  }

  async #restamp(key: FinalKey, { envelope, seeds, token }: CachedCopy): Promise<boolean> {
    const { cache, near, fills, trusted, nodes, cacheTimeoutMs } = this.#options;
    const { cacheKey } = key;
    const fill = await fills.ofTouched(key, seeds, envelope);
    if (fill === undefined) return false;
    const { bytes, ttlMs } = fill;
    try {
      const touched = await cache.compareAndSet(cacheKey, bytes, ttlMs, token, cacheTimeoutMs);
      near?.invalidate([cacheKey]);
      return touched !== undefined;
    } catch (error) {
      trusted.stepFailed(nodes.partitionOf(cacheKey), error);
      return false;
    }
  }
}
