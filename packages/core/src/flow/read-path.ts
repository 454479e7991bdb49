import type { CacheBackend, CacheEntry, CasToken } from "../backend/cache-backend.js";
import type { Observer } from "../backend/observer.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import { kindOf, leaseBytes } from "../entry/entry-kind.js";
import { type Envelope, encodeEnvelope, keptUntilMs } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { Background } from "./background.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, pause, withDeadline } from "./deadline.js";
import { Flight, type Load, type Loaded, type Moment, now, type ReadResult } from "./flight.js";
import { Lease, storedLeaseTtlMs } from "./lease.js";
import { cacheLate } from "./removal.js";
import type { TrustedCache } from "./trusted-cache.js";

export interface ReadPathOptions {
  readonly store: string;
  readonly cache: CacheBackend;
  readonly trusted: TrustedCache;
  readonly nodes: CacheNodes;
  readonly transactions: TransactionScope | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly background: Background;
  readonly schemaVersion: number;
  readonly ttlJitter: number;
  readonly cacheTimeoutMs: Milliseconds;
  readonly leaseTtlMs: Milliseconds;
  readonly leaseWaitMs: Milliseconds;
}

/** Pauses between two looks at a key that another process is loading. */
const shortestPollMs = 5;
const longestPollMs = 50;

/**
 * The read of a key, in its one order: the cache; a lease where it holds nothing; the database; the fill (design, "The protocol: Read").
 * Reads begun in the same tick ask the cache together. Only for callers outside of a transaction.
 */
export class ReadPath {
  readonly #options: ReadPathOptions;
  readonly #cache: TrustedCache;
  /** The flight of each key that takes callers. */
  readonly #flights = new Map<string, Flight>();
  /** Flights that ask the cache at the end of this tick. */
  #asking: Flight[] = [];

  constructor(options: ReadPathOptions) {
    this.#options = options;
    this.#cache = options.trusted;
  }

  /** @param load - called at most once per flight, unless callers are left over that came too late for its answer. */
  read(key: FinalKey, load: Load): Promise<ReadResult> {
    let flight = this.#flights.get(key.cacheKey);
    if (flight === undefined) {
      flight = new Flight(key, load);
      this.#start(flight);
    }
    return flight.join();
  }

  /** Lets the running flights of these keys go on for the callers they have; later callers start anew. */
  detach(cacheKeys: Iterable<string>): void {
    for (const cacheKey of cacheKeys) this.#flights.delete(cacheKey);
  }

  #start(flight: Flight): void {
    this.#flights.set(flight.key.cacheKey, flight);
    this.#ask(flight);
  }

  /** Asks the cache at the end of this tick, together with all others of the tick. */
  #ask(flight: Flight): void {
    this.#asking.push(flight);
    if (this.#asking.length > 1) return;
    const send = (): void => {
      process.nextTick(() => {
        const flights = this.#asking;
        this.#asking = [];
        for (const [partition, group] of this.#byPartition(flights)) {
          this.#track(this.#askNode(partition, group), ...group);
        }
      });
    };
    const { transactions } = this.#options;
    // A flight serves callers of many contexts, so it belongs to the transaction of none.
    if (transactions === undefined) send();
    else transactions.outside(send);
  }

  async #askNode(partition: string, flights: readonly Flight[]): Promise<void> {
    const { clock, cacheTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const keys = flights.map(({ key }) => key.cacheKey);
    const sighting = await this.#cache.look(partition, keys, deadline);
    for (const flight of flights) {
      const entry = sighting?.entries.get(flight.key.cacheKey);
      const envelope = this.#cache.served(flight.key, entry);
      if (sighting === undefined) this.#track(this.#load(flight, undefined), flight);
      else if (envelope === undefined) this.#track(this.#miss(flight, entry, deadline), flight);
      else this.#hit(flight, envelope, sighting.askedAt);
    }
  }

  #hit(flight: Flight, envelope: Envelope, askedAt: Moment): void {
    const { text, version, expiresAtMs } = envelope;
    flight.answer({ text, version, expiresAtMs, source: "cache" }, askedAt);
    // Those who came while the question was under way have one of their own.
    if (flight.waiting) this.#ask(flight);
    else this.#forget(flight);
  }

  /** The cache holds no value that may be served. */
  async #miss(flight: Flight, entry: CacheEntry | undefined, deadline: Deadline): Promise<void> {
    const kind = entry === undefined ? "nothing" : kindOf(entry.bytes);
    switch (kind) {
      case "hold":
      case "unknown":
        return this.#load(flight, undefined);
      case "lease":
        return this.#waitForOther(flight);
      default:
        return this.#lead(flight, entry?.token, deadline);
    }
  }

  /** Takes the lease over nothing, or over the odd or expired entry that `token` names, and loads. */
  async #lead(flight: Flight, token: CasToken | undefined, deadline: Deadline): Promise<void> {
    const { cache, clock, leaseTtlMs, nodes, cacheTimeoutMs } = this.#options;
    const { cacheKey } = flight.key;
    const ttlMs = storedLeaseTtlMs({ cache, ttlMs: leaseTtlMs });
    const timeoutMs = deadline.remainingMs();
    let leased: CasToken | undefined;
    try {
      const taking =
        token === undefined
          ? cache.add(cacheKey, leaseBytes, ttlMs, { timeoutMs })
          : cache.compareAndSet(cacheKey, leaseBytes, ttlMs, token, { timeoutMs });
      leased = await withDeadline(clock, timeoutMs, taking, cacheLate);
    } catch (error) {
      this.#cache.failed(nodes.partitionOf(cacheKey), error);
      return this.#load(flight, undefined);
    }
    if (leased === undefined) return this.#waitForOther(flight); // somebody was faster: look again
    const lease = new Lease(cacheKey, leased, { cache, nodes, clock, cacheTimeoutMs, ttlMs: leaseTtlMs });
    return this.#load(flight, lease);
  }

  /** Another process, or another flight of this one, is loading the key: looks until it has filled, or for `leaseWaitMs`. */
  async #waitForOther(flight: Flight): Promise<void> {
    const { nodes, clock, cacheTimeoutMs, leaseWaitMs } = this.#options;
    const { cacheKey } = flight.key;
    const waiting = new Deadline(clock, leaseWaitMs);
    for (let pollMs = shortestPollMs; !waiting.passed; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      await pause(clock, Math.min(pollMs * (0.5 + Math.random()), waiting.remainingMs()));
      const deadline = new Deadline(clock, cacheTimeoutMs);
      const sighting = await this.#cache.look(nodes.partitionOf(cacheKey), [cacheKey], deadline);
      if (sighting === undefined) break;
      const entry = sighting.entries.get(cacheKey);
      const envelope = this.#cache.served(flight.key, entry);
      if (envelope !== undefined) return this.#hit(flight, envelope, sighting.askedAt);
      const kind = entry === undefined ? "nothing" : kindOf(entry.bytes);
      if (kind === "hold" || kind === "unknown") break;
      if (kind !== "lease") return this.#lead(flight, entry?.token, deadline);
    }
    return this.#load(flight, undefined);
  }

  /** Reads the database, answers, and fills where there is a lease. */
  async #load(flight: Flight, lease: Lease | undefined): Promise<void> {
    const askedAt = now();
    let loaded: Loaded;
    try {
      loaded = await flight.load();
    } catch (error) {
      this.#forget(flight);
      flight.rejectAll(error);
      return lease?.giveBack();
    }
    flight.answer(loaded, askedAt);
    const entry = lease === undefined ? undefined : this.#entryOf(flight.key, loaded);
    // From here on the flight takes no callers: who comes after the fill was sent may have missed a write that the fill did not.
    this.#forget(flight);
    const stored = lease !== undefined && entry !== undefined && (await this.#fill(lease, entry));
    if (lease !== undefined && entry === undefined) this.#options.background.track(lease.giveBack());
    if (stored) flight.answerAll(loaded);
    else if (flight.waiting) this.#passOn(flight);
  }

  async #fill(lease: Lease, entry: { bytes: Uint8Array; ttlMs: Milliseconds }): Promise<boolean> {
    const result = await lease.fill(entry.bytes, entry.ttlMs);
    const { observer, store } = this.#options;
    if (observer.active) observer.emit({ type: "fill", store, stored: result === "stored" });
    return result === "stored";
  }

  /** Those who came too late for the answer share the next flight. */
  #passOn(flight: Flight): void {
    const next = this.#flights.get(flight.key.cacheKey);
    const following = next ?? new Flight(flight.key, flight.load);
    flight.moveTo(following);
    if (next === undefined) this.#start(following);
  }

  /** The entry for what was loaded; `undefined` where it is not to be cached, or larger than the cache takes. */
  #entryOf(key: FinalKey, loaded: Loaded): { bytes: Uint8Array; ttlMs: Milliseconds } | undefined {
    if (loaded.ttlMs <= 0) return undefined;
    const { clock, schemaVersion, ttlJitter, cache } = this.#options;
    const nowMs = clock.nowMs();
    const envelope: Envelope = {
      text: loaded.text,
      version: loaded.version,
      staleAtMs: nowMs + Math.max(1, Math.round(loaded.ttlMs * (1 - Math.random() * ttlJitter))),
      expiresAtMs: loaded.expiresAtMs,
      rowExpiresAtMs: loaded.expiresAtMs,
    };
    const ttlMs = keptUntilMs(envelope) - nowMs;
    if (ttlMs <= 0) return undefined;
    const bytes = encodeEnvelope(key, schemaVersion, envelope);
    return bytes.length > cache.limits.maxValueBytes ? undefined : { bytes, ttlMs: Math.ceil(ttlMs) };
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.key.cacheKey) === flight) this.#flights.delete(flight.key.cacheKey);
  }

  /** Runs a step of flights behind their callers. A defect in it reaches the callers instead of leaving them waiting. */
  #track(step: Promise<void>, ...flights: readonly Flight[]): void {
    this.#options.background.track(
      step.catch((error: unknown) => {
        for (const flight of flights) {
          this.#forget(flight);
          flight.rejectAll(error);
        }
      }),
    );
  }

  #byPartition(flights: readonly Flight[]): Map<string, Flight[]> {
    const groups = new Map<string, Flight[]>();
    for (const flight of flights) {
      const partition = this.#options.nodes.partitionOf(flight.key.cacheKey);
      const group = groups.get(partition);
      if (group === undefined) groups.set(partition, [flight]);
      else group.push(flight);
    }
    return groups;
  }
}

/** The error of a read or loader that missed its deadline. */
export function loadLate(store: string): AsideError {
  return new AsideError("DATABASE_TIMEOUT", `Store "${store}": the load did not end within its deadline.`, {
    store,
  });
}
