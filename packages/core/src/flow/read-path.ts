import type { CacheEntry, CasToken } from "../backend/cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { kindOf, leaseBytes } from "../entry/entry-kind.js";
import { type Envelope, encodeEnvelope, keptUntilMs } from "../entry/envelope.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { Background } from "./background.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, pause } from "./deadline.js";
import { detached } from "./detached.js";
import { Flight, type Load, type Loaded, type Moment, now, type ReadResult } from "./flight.js";
import { type FillResult, Lease } from "./lease.js";
import type { Served, TrustedCache } from "./trusted-cache.js";

export interface ReadPathOptions {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly trusted: TrustedCache;
  readonly nodes: CacheNodes;
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

/** How often a read asks for a lease. */
const mostLeasesRefused = 3;

interface Fill {
  readonly bytes: Uint8Array;
  readonly ttlMs: Milliseconds;
}

/**
 * The read of a key, in its one order: the cache; a lease where it holds nothing; the database; the fill (design, "The protocol: Read").
 * Reads begun in the same tick ask the cache together. Only for callers outside of a transaction.
 */
export class ReadPath {
  readonly #options: ReadPathOptions;
  readonly #trusted: TrustedCache;
  /** The flight of each key that takes callers. */
  readonly #flights = new Map<string, Flight>();
  /** Flights that ask the cache at the end of this tick. */
  #asking: Flight[] = [];

  constructor(options: ReadPathOptions) {
    this.#options = options;
    this.#trusted = options.trusted;
  }

  /** @param load - called only if this caller is the first that the cache cannot answer. */
  read(key: FinalKey, load: Load): Promise<ReadResult> {
    const flight = this.#flights.get(key.cacheKey);
    if (flight !== undefined) return flight.join(load);
    const started = new Flight(key);
    const reading = started.join(load);
    this.#start(started);
    return reading;
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
    const asked = new Promise<void>((resolve) => {
      detached(() =>
        process.nextTick(() => {
          this.#askNodes();
          resolve();
        }),
      );
    });
    this.#options.background.track(asked);
  }

  #askNodes(): void {
    const flights = this.#asking;
    this.#asking = [];
    for (const [partition, group] of this.#options.nodes.byPartition(flights, ({ key }) => key.cacheKey)) {
      this.#track(this.#askNode(partition, group), ...group);
    }
  }

  async #askNode(partition: string, flights: readonly Flight[]): Promise<void> {
    const { clock, cacheTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const keys = flights.map(({ key }) => key.cacheKey);
    const sighting = await this.#trusted.look(partition, keys, deadline);
    for (const flight of flights) {
      flight.cacheDeadline = new Deadline(clock, deadline.remainingMs());
      const entry = sighting?.entries.get(flight.key.cacheKey);
      const served = this.#trusted.served(flight.key, entry);
      if (sighting === undefined) this.#track(this.#load(flight, undefined), flight);
      else if (served === undefined) this.#track(this.#miss(flight, entry), flight);
      else this.#hit(flight, served, sighting.askedAt);
    }
  }

  #hit(flight: Flight, { envelope, value }: Served, askedAt: Moment): void {
    const { version, expiresAtMs } = envelope;
    flight.answer({ value, version, expiresAtMs, source: "cache" }, askedAt);
    // Those who came while the question was under way have one of their own.
    if (flight.waiting) this.#ask(flight);
    else this.#forget(flight);
  }

  /** The cache holds no value that may be served. */
  async #miss(flight: Flight, entry: CacheEntry | undefined): Promise<void> {
    const kind = entry === undefined ? "nothing" : kindOf(entry.bytes);
    switch (kind) {
      case "hold":
      case "unknown":
        return this.#load(flight, undefined);
      case "lease":
        return this.#waitForOther(flight);
      default:
        return this.#lead(flight, entry?.token);
    }
  }

  /** Takes the lease over nothing, or over the odd or expired entry that `token` names, and loads. */
  async #lead(flight: Flight, token: CasToken | undefined): Promise<void> {
    const { cache, clock, leaseTtlMs, nodes, cacheTimeoutMs } = this.#options;
    const { cacheKey } = flight.key;
    const ttlMs = cache.lastingTtlMs(leaseTtlMs);
    const timeoutMs = this.#cacheDeadline(flight).remainingMs();
    let leased: CasToken | undefined;
    try {
      leased =
        token === undefined
          ? await cache.add(cacheKey, leaseBytes, ttlMs, timeoutMs)
          : await cache.compareAndSet(cacheKey, leaseBytes, ttlMs, token, timeoutMs);
    } catch (error) {
      this.#trusted.stepFailed(nodes.partitionOf(cacheKey), error);
      return this.#load(flight, undefined);
    }
    if (leased === undefined) {
      // Somebody was faster: look again. A cache that gives no lease time after time has no room for one.
      flight.leasesRefused += 1;
      return flight.leasesRefused < mostLeasesRefused
        ? this.#waitForOther(flight)
        : this.#load(flight, undefined);
    }
    const lease = new Lease(cacheKey, leased, { cache, nodes, clock, cacheTimeoutMs, ttlMs: leaseTtlMs });
    try {
      await this.#load(flight, lease);
    } catch (error) {
      await lease.giveBack(); // a defect behind the load: the lease must not be renewed for ever
      throw error;
    }
  }

  /** Another process, or another flight of this one, is loading the key: looks until it has filled, or for `leaseWaitMs` in all. */
  async #waitForOther(flight: Flight): Promise<void> {
    const { nodes, clock, leaseWaitMs, background } = this.#options;
    const { cacheKey } = flight.key;
    const cacheDeadline = this.#cacheDeadline(flight);
    flight.leaseDeadline ??= new Deadline(clock, leaseWaitMs);
    const waiting = flight.leaseDeadline;
    for (let pollMs = shortestPollMs; !waiting.passed; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      const pausedAtMs = clock.monotonicMs();
      await pause(clock, Math.min(pollMs * (0.5 + Math.random()), waiting.remainingMs()), background.closing);
      cacheDeadline.postpone(clock.monotonicMs() - pausedAtMs);
      const sighting = await this.#trusted.look(nodes.partitionOf(cacheKey), [cacheKey], cacheDeadline);
      if (sighting === undefined) break;
      const entry = sighting.entries.get(cacheKey);
      const served = this.#trusted.served(flight.key, entry);
      if (served !== undefined) return this.#hit(flight, served, sighting.askedAt);
      const kind = entry === undefined ? "nothing" : kindOf(entry.bytes);
      if (kind === "hold" || kind === "unknown") break;
      if (kind !== "lease") return this.#lead(flight, entry?.token);
      if (background.closing.aborted) break;
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
    // From here on the flight takes no callers: who comes after the fill was sent may have missed a write that the fill did not.
    this.#forget(flight);
    const filled = lease === undefined ? "refused" : await this.#fill(flight.key, lease, loaded);
    if (filled === "stored") flight.answerAll(loaded);
    else if (flight.waiting) this.#passOn(flight, filled);
  }

  async #fill(key: FinalKey, lease: Lease, loaded: Loaded): Promise<FillResult> {
    const fill = this.#fillOf(key, loaded);
    if (fill === undefined) {
      await lease.giveBack();
      return "refused";
    }
    const result = await lease.fill(fill.bytes, fill.ttlMs);
    const { observer, store } = this.#options;
    if (observer.active) observer.emit({ type: "fill", store, stored: result === "stored" });
    return result;
  }

  /** Those who came too late for the answer share the next flight. */
  #passOn(flight: Flight, filled: FillResult): void {
    const next = this.#flights.get(flight.key.cacheKey);
    const following = next ?? new Flight(flight.key);
    flight.moveTo(following);
    if (next !== undefined) return;
    if (filled === "unknown") {
      // They have waited for the cache to answer the fill already: another question to it would be a second deadline.
      this.#flights.set(following.key.cacheKey, following);
      this.#track(this.#load(following, undefined), following);
    } else this.#start(following);
  }

  /** The entry for what was loaded; `undefined` where it is not to be cached, or larger than the cache takes. */
  #fillOf(key: FinalKey, loaded: Loaded): Fill | undefined {
    if (loaded.ttlMs <= 0) return undefined;
    const { clock, schemaVersion, ttlJitter, cache } = this.#options;
    const nowMs = clock.nowMs();
    const envelope: Envelope = {
      text: loaded.value?.text,
      version: loaded.version,
      staleAtMs: nowMs + Math.max(1, Math.round(loaded.ttlMs * (1 - Math.random() * ttlJitter))),
      expiresAtMs: loaded.expiresAtMs,
      rowExpiresAtMs: loaded.expiresAtMs,
    };
    const ttlMs = Math.ceil(keptUntilMs(envelope) - nowMs);
    if (ttlMs <= 0) return undefined;
    const bytes = encodeEnvelope(key, schemaVersion, envelope);
    return bytes.length > cache.limits.maxValueBytes ? undefined : { bytes, ttlMs };
  }

  #cacheDeadline(flight: Flight): Deadline {
    flight.cacheDeadline ??= new Deadline(this.#options.clock, this.#options.cacheTimeoutMs);
    return flight.cacheDeadline;
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.key.cacheKey) === flight) this.#flights.delete(flight.key.cacheKey);
  }

  /** Runs a step of flights behind their callers. A defect in it reaches the callers instead of leaving them waiting. */
  #track(step: Promise<void>, ...flights: readonly Flight[]): void {
    const guarded = step.catch((error: unknown) => {
      for (const flight of flights) {
        this.#forget(flight);
        flight.rejectAll(error);
      }
    });
    this.#options.background.track(guarded);
  }
}
