import { servedAt } from "../entry/envelope.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { type Flight, type Moment, now } from "./flight.js";
import type { ReadResult } from "./load.js";
import type { Served } from "./trusted-cache.js";

export interface NearCacheOptions {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** How long an entry is served, counted from the start of the get that it came from. */
  readonly ttlMs: Milliseconds;
}

interface NearEntry {
  readonly served: Served;
  /** The names of the key and of its generations' seeds, where it belongs to any. */
  readonly names: readonly string[] | undefined;
  readonly askedAt: Moment;
  readonly bytes: number;
  /** Monotonic instant. */
  readonly untilMs: Milliseconds;
}

interface Invalidated {
  readonly at: Moment;
  readonly atMs: Milliseconds;
}

/** What an entry costs besides its text and its key, about. */
const overheadBytes = 300;
const bytesPerCharacter = 2;

/**
 * Values in this process, in front of the shared cache; what was not used for longest goes first.
 *
 * Invariant: an entry is served only if the question that brought it was sent after the last invalidation of its key and of its generations
 * that this process knows of (the generation guard). The interleaving it closes: a read gets the old value from the shared cache; the
 * invalidation drops what is here, which is nothing yet; the read puts the old value here.
 */
export class NearCache {
  readonly #options: NearCacheOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<string, NearEntry>();
  #bytes = 0;
  /** Invalidations that an entry could still be older than, in their order. */
  readonly #invalidated = new Map<string, Invalidated>();
  #clearedAt: Moment = 0;
  #suspended = false;

  constructor(options: NearCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the entries take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param id - of the flight that would read the entry. */
  get(id: string): ReadResult | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const { clock } = this.#options;
    const { served, untilMs } = entry;
    this.#remove(id, entry);
    const { envelope, value } = served;
    // A value that has ended may have been touched since: the shared cache knows.
    const current = clock.monotonicMs() < untilMs && servedAt(envelope, clock.nowMs()) === envelope;
    if (!current || (entry.names !== undefined && !this.#standing(entry.names, entry.askedAt)))
      return undefined;
    this.#insert(id, entry);
    return { value, version: envelope.version, expiresAtMs: envelope.expiresAtMs, source: "near" };
  }

  /** Takes a value from the shared cache, or one that was just stored there. */
  put(
    { id, key, seedKeys }: Pick<Flight, "id" | "key" | "seedKeys">,
    served: Served,
    question: { readonly askedAt: Moment; readonly askedAtMs: Milliseconds },
  ): void {
    const { maxBytes, ttlMs } = this.#options;
    const { askedAt, askedAtMs } = question;
    const names = [key.cacheKey, ...seedKeys];
    const characters = (served.envelope.text?.length ?? 0) + id.length;
    const bytes = overheadBytes + characters * bytesPerCharacter;
    if (this.#suspended || bytes > maxBytes || !this.#standing(names, askedAt)) return;
    const standing = this.#entries.get(id);
    if (standing !== undefined) this.#remove(id, standing);
    this.#insert(id, {
      served,
      names: seedKeys.length === 0 ? undefined : names,
      askedAt,
      bytes,
      untilMs: askedAtMs + ttlMs,
    });
    this.#makeRoom();
  }

  /** Drops entries by the cache key of theirs, or of a seed of their generations. */
  invalidate(names: readonly string[]): void {
    const { clock, maxEntries, ttlMs } = this.#options;
    const invalidated = { at: now(), atMs: clock.monotonicMs() };
    for (const name of names) {
      const entry = this.#entries.get(name);
      if (entry !== undefined) this.#remove(name, entry);
      this.#invalidated.delete(name);
      this.#invalidated.set(name, invalidated);
    }
    // What was asked a ttl ago is not served any more, so nothing needs to be known of what was invalidated before.
    for (const [name, { atMs }] of this.#invalidated) {
      if (atMs > invalidated.atMs - ttlMs) break;
      this.#invalidated.delete(name);
    }
    if (this.#invalidated.size > maxEntries) this.clear();
  }

  /** Drops everything, what is being asked for included. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#invalidated.clear();
    this.#clearedAt = now();
  }

  /** Drops everything and takes nothing until {@link resume}: invalidations may be missed from now on. */
  suspend(): void {
    this.#suspended = true;
    this.clear();
  }

  /** Drops everything, and takes entries again that are asked for from now on. */
  resume(): void {
    this.#suspended = false;
    this.clear();
  }

  /** Whether none of `names` was invalidated after `askedAt`. */
  #standing(names: readonly string[], askedAt: Moment): boolean {
    return (
      askedAt > this.#clearedAt && names.every((name) => askedAt > (this.#invalidated.get(name)?.at ?? 0))
    );
  }

  #makeRoom(): void {
    const { maxEntries, maxBytes } = this.#options;
    for (const [id, entry] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return;
      this.#remove(id, entry);
    }
  }

  #insert(id: string, entry: NearEntry): void {
    this.#entries.set(id, entry);
    this.#bytes += entry.bytes;
  }

  #remove(id: string, entry: NearEntry): void {
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
  }
}
