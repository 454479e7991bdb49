import type { CacheEntry, CasToken } from "../backend/cache-backend.js";
import type { LeasedEntry } from "../backend/leasing-cache-backend.js";
import type { Observer } from "../backend/observer.js";
import { kindOf, leaseBytes, leaseOver } from "../entry/entry-kind.js";
import type { FinalKey } from "../entry/key-space.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { Background } from "./background.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, pause } from "./deadline.js";
import { detached } from "./detached.js";
import type { Fills } from "./fills.js";
import { Flight, flightId, now } from "./flight.js";
import { type FillResult, Lease } from "./lease.js";
import type { Load, Loaded, ReadResult } from "./load.js";
import type { NearCache } from "./near-cache.js";
import type { Refreshes } from "./refreshes.js";
import { makeSeeds, seedsIn } from "./seeds.js";
import type { Served, Sighting, TrustedCache } from "./trusted-cache.js";

export interface ReadPathOptions {
  readonly store: string;
  readonly cache: BoundedCache;
  readonly trusted: TrustedCache;
  readonly near: NearCache | undefined;
  readonly nodes: CacheNodes;
  readonly fills: Fills;
  readonly refreshes: Refreshes;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly background: Background;
  readonly cacheTimeoutMs: Milliseconds;
  readonly leaseTtlMs: Milliseconds;
  readonly leaseWaitMs: Milliseconds;
}

/** Pauses between two looks at a key that another process is loading. */
const shortestPollMs = 5;
const longestPollMs = 50;

/** How often a read asks for a lease, or for the seeds that it needs first. */
const mostLeasesRefused = 3;

/** When a question was sent. */
type Question = Pick<Sighting, "askedAt" | "askedAtMs">;

type SeenEntry = CacheEntry & Partial<LeasedEntry>;

/**
 * The read of a key, in its one order: the near cache; the cache; a lease where it holds nothing; the database; the fill (design, "The protocol:
 * Read"). Reads begun in the same tick ask the cache together. Only for callers outside of a transaction.
 */
export class ReadPath {
  readonly #options: ReadPathOptions;
  readonly #trusted: TrustedCache;
  /** The flight that takes callers, by its id. */
  readonly #flights = new Map<string, Flight>();
  /** Those of them that belong to generations. */
  readonly #inGenerations = new Set<Flight>();
  /** Flights that ask the cache at the end of this tick. */
  #asking: Flight[] = [];
  #shared = 0;

  constructor(options: ReadPathOptions) {
    this.#options = options;
    this.#trusted = options.trusted;
  }

  /**
   * @param seedKeys - of the generations that the entry belongs to.
   * @param load - run only if this caller is the first that no cache can answer.
   */
  read(key: FinalKey, seedKeys: readonly string[], load: Load): Promise<ReadResult> {
    const id = flightId(key, seedKeys);
    const near = this.#options.near?.get(id);
    if (near !== undefined) return Promise.resolve(near);
    const flight = this.#flights.get(id);
    if (flight !== undefined) {
      this.#shared += 1;
      return flight.join(load);
    }
    const started = new Flight(key, seedKeys);
    const reading = started.join(load);
    this.#start(started);
    return reading;
  }

  /** How many callers joined the flight of another one. */
  get shared(): number {
    return this.#shared;
  }

  /**
   * Lets the running flights of these keys, and of entries under these seeds, go on for the callers they have; later callers start anew. Drops
   * what the near cache has of them.
   */
  detach(cacheKeys: readonly string[]): void {
    for (const cacheKey of cacheKeys) this.#flights.delete(cacheKey);
    for (const flight of this.#inGenerations) {
      const touched =
        cacheKeys.includes(flight.key.cacheKey) || flight.seedKeys.some((one) => cacheKeys.includes(one));
      if (touched) this.#forget(flight);
    }
    this.#options.refreshes.detach(cacheKeys);
    this.#options.near?.invalidate(cacheKeys);
  }

  #start(flight: Flight): void {
    this.#remember(flight);
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
      // A lease under generations is taken after their seeds are known to stand, so not in the same round trip.
      const plain = group.filter(({ seedKeys }) => seedKeys.length === 0);
      const inGenerations = group.filter(({ seedKeys }) => seedKeys.length > 0);
      if (plain.length > 0) this.#track(this.#askNode(partition, plain, this.#leaseTtlMs), ...plain);
      if (inGenerations.length > 0) this.#track(this.#askNode(partition, inGenerations), ...inGenerations);
    }
  }

  async #askNode(partition: string, flights: readonly Flight[], leaseTtlMs?: Milliseconds): Promise<void> {
    const { clock, cacheTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, cacheTimeoutMs);
    const sighting = await this.#trusted.look(partition, keysOf(flights), deadline, leaseTtlMs);
    for (const flight of flights) {
      flight.cacheDeadline = new Deadline(clock, deadline.remainingMs());
      this.#track(
        sighting === undefined ? this.#load(flight, undefined) : this.#judge(flight, sighting),
        flight,
      );
    }
  }

  /** What follows from what the cache said. */
  #judge(flight: Flight, sighting: Sighting): Promise<void> {
    const entry = sighting.entries.get(flight.key.cacheKey);
    const seeds = seedsIn(sighting.entries, flight.seedKeys);
    if (seeds.state === "held") return this.#load(flight, undefined);
    if (seeds.state === "current") {
      flight.seeds = seeds.bytes;
      const served = this.#trusted.served(flight.key, seeds.bytes, entry);
      if (served !== undefined) return this.#hit(flight, served, entry as CacheEntry, sighting);
    }
    switch (entry === undefined ? "nothing" : kindOf(entry.bytes)) {
      case "hold":
      case "unknown":
        return this.#load(flight, undefined);
      case "lease":
        return entry?.leased === true
          ? this.#loadUnder(flight, entry.token, leaseBytes)
          : this.#waitForOther(flight);
      default:
        return seeds.state === "missing" ? this.#seed(flight, seeds.missing) : this.#lead(flight, entry);
    }
  }

  async #hit(flight: Flight, served: Served, entry: CacheEntry, sighting: Sighting): Promise<void> {
    const { refreshes, near, background } = this.#options;
    const { key, seeds, load } = flight;
    const { envelope } = served;
    near?.put(flight, served, sighting);
    flight.answer(resultOf(served, "cache"), sighting.askedAt);
    this.#forget(flight);
    // Those who came while the question was under way have one of their own, and all the time that a flight has for the leases of others.
    if (flight.waiting) this.#passOn(flight);
    const refreshable = { key, seeds, envelope, token: entry.token };
    if (refreshes.due(refreshable, load)) background.track(refreshes.start(refreshable, load));
  }

  /** Makes the seeds that are missing; then the cache is asked again. */
  async #seed(flight: Flight, missing: Parameters<typeof makeSeeds>[0]): Promise<void> {
    const { cache, nodes } = this.#options;
    flight.leasesRefused += 1;
    if (flight.leasesRefused > mostLeasesRefused) return this.#load(flight, undefined);
    try {
      await makeSeeds(missing, cache, this.#cacheDeadline(flight).remainingMs());
    } catch (error) {
      this.#trusted.stepFailed(nodes.partitionOf(flight.key.cacheKey), error);
      return this.#load(flight, undefined);
    }
    await this.#lookAgain(flight);
  }

  /** Takes the lease over nothing, or over the odd or expired entry that stands there, and loads. */
  async #lead(flight: Flight, standing: SeenEntry | undefined): Promise<void> {
    const { cache, nodes } = this.#options;
    const { cacheKey } = flight.key;
    const bytes = this.#leaseBytesOver(flight, standing);
    const timeoutMs = this.#cacheDeadline(flight).remainingMs();
    let leased: CasToken | undefined;
    try {
      leased =
        standing === undefined
          ? await cache.add(cacheKey, bytes, this.#leaseTtlMs, timeoutMs)
          : await cache.compareAndSet(cacheKey, bytes, this.#leaseTtlMs, standing.token, timeoutMs);
    } catch (error) {
      this.#trusted.stepFailed(nodes.partitionOf(cacheKey), error);
      return this.#load(flight, undefined);
    }
    if (leased !== undefined) return this.#loadUnder(flight, leased, bytes);
    // Somebody was faster: look again. A cache that gives no lease time after time has no room for one.
    flight.leasesRefused += 1;
    return flight.leasesRefused < mostLeasesRefused
      ? this.#waitForOther(flight)
      : this.#load(flight, undefined);
  }

  /** A value that may be served once more goes with the lease, if it fits in. */
  #leaseBytesOver(flight: Flight, standing: SeenEntry | undefined): Uint8Array {
    if (standing === undefined || this.#trusted.grace(flight.key, flight.seeds, standing) === undefined)
      return leaseBytes;
    const bytes = leaseOver(standing.bytes);
    return bytes.length <= this.#options.cache.limits.maxValueBytes ? bytes : leaseBytes;
  }

  async #loadUnder(flight: Flight, token: CasToken, bytes: Uint8Array): Promise<void> {
    const { cache, clock, nodes, cacheTimeoutMs, leaseTtlMs } = this.#options;
    const options = { cache, nodes, clock, cacheTimeoutMs, ttlMs: leaseTtlMs, bytes };
    const lease = new Lease(flight.key.cacheKey, token, options);
    try {
      await this.#load(flight, lease);
    } catch (error) {
      await lease.giveBack(); // a defect behind the load: the lease must not be renewed for ever
      throw error;
    }
  }

  /** Another process, or another flight of this one, is loading the key: looks until it has filled, or for `leaseWaitMs` in all. */
  async #waitForOther(flight: Flight): Promise<void> {
    const { clock, leaseWaitMs, background } = this.#options;
    flight.leaseDeadline ??= new Deadline(clock, leaseWaitMs);
    const waiting = flight.leaseDeadline;
    const soft = new Deadline(clock, flight.load.softTimeoutMs ?? Number.POSITIVE_INFINITY);
    for (let pollMs = shortestPollMs; !waiting.passed; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      await this.#pause(flight, Math.min(pollMs * (0.5 + Math.random()), waiting.remainingMs()));
      if (background.closing.aborted) break;
      const sighting = await this.#look(flight, this.#cacheDeadline(flight));
      if (sighting === undefined) break;
      if (!isLease(sighting.entries.get(flight.key.cacheKey))) return this.#judge(flight, sighting);
      if (soft.passed && this.#answerStale(flight, sighting) && !flight.waiting) return this.#forget(flight);
    }
    return this.#load(flight, undefined);
  }

  async #lookAgain(flight: Flight): Promise<void> {
    const sighting = await this.#look(flight, this.#cacheDeadline(flight));
    return sighting === undefined ? this.#load(flight, undefined) : this.#judge(flight, sighting);
  }

  #look(flight: Flight, deadline: Deadline): Promise<Sighting | undefined> {
    const partition = this.#options.nodes.partitionOf(flight.key.cacheKey);
    return this.#trusted.look(partition, keysOf([flight]), deadline);
  }

  /** A pause between two cache steps, which does not count as one. */
  async #pause(flight: Flight, delayMs: Milliseconds): Promise<void> {
    const { clock, background } = this.#options;
    const pausedAtMs = clock.monotonicMs();
    await pause(clock, delayMs, background.closing);
    this.#cacheDeadline(flight).postpone(clock.monotonicMs() - pausedAtMs);
  }

  /** Reads the database, answers, and fills where there is a lease. */
  async #load(flight: Flight, lease: Lease | undefined): Promise<void> {
    const { load } = flight;
    const cacheTimeLeftMs = this.#cacheDeadline(flight).remainingMs();
    const loading = this.#run(flight, load);
    if (load.softTimeoutMs !== undefined)
      this.#track(this.#answerSoftly(flight, load.softTimeoutMs, cacheTimeLeftMs, loading), flight);
    let loaded: Loaded;
    let question: Question;
    try {
      ({ loaded, question } = await loading);
    } catch (error) {
      this.#forget(flight);
      return this.#failed(flight, lease, load, cacheTimeLeftMs, error);
    }
    flight.answer(loaded, question.askedAt);
    // From here on the flight takes no callers: who comes after the fill was sent may have missed a write that the fill did not.
    this.#forget(flight);
    const filled = lease === undefined ? "refused" : await this.#fill(flight, lease, load, loaded, question);
    // An invalidation of a generation leaves no trace at the key, so there the fill is no witness for those who came late.
    if (filled === "stored" && flight.seedKeys.length === 0) flight.answerAll(loaded);
    else if (flight.waiting) this.#passOn(flight, filled);
  }

  /** One load of a key at a time: a refresh of a value that was lost meanwhile is one too. The wait for it is part of the load to those who wait. */
  async #run({ key }: Flight, load: Load): Promise<{ readonly loaded: Loaded; readonly question: Question }> {
    await this.#options.refreshes.running(key.cacheKey);
    const question = { askedAt: now(), askedAtMs: this.#options.clock.monotonicMs() };
    return { loaded: await load.run(), question };
  }

  async #fill(
    flight: Flight,
    lease: Lease,
    load: Load,
    loaded: Loaded,
    question: Question,
  ): Promise<FillResult> {
    const { observer, store, fills, near } = this.#options;
    const making = fills.ofLoaded(flight.key, flight.seeds, loaded, load.staleIfErrorMs);
    // Sent at once where it can be: what its caller asks the cache for next finds it there.
    const fill = making instanceof Promise ? await making : making;
    if (fill === undefined) {
      // Not to be cached, or larger than the cache takes, which is a refusal to be counted.
      if (observer.active && loaded.ttlMs > 0) observer.emit({ type: "fill", store, stored: false });
      await lease.giveBack();
      return "refused";
    }
    const result = await lease.fill(fill.bytes, fill.ttlMs);
    if (result === "stored") near?.put(flight, { envelope: fill.envelope, value: loaded.value }, question);
    if (observer.active) observer.emit({ type: "fill", store, stored: result === "stored" });
    return result;
  }

  /** Serves a value that has ended where there is one, else passes the error on. The lease is given back, or the value put back in its place. */
  async #failed(
    flight: Flight,
    lease: Lease | undefined,
    load: Load,
    cacheTimeLeftMs: Milliseconds,
    error: unknown,
  ): Promise<void> {
    const { clock, fills } = this.#options;
    // Nobody has joined since the load failed, so everybody came before this look.
    const look = () => this.#look(flight, new Deadline(clock, cacheTimeLeftMs));
    const sighting = load.staleIfErrorMs > 0 ? await look() : undefined;
    const stale = sighting && this.#staleIn(flight, sighting);
    if (stale === undefined) {
      flight.rejectAll(error);
      return lease?.giveBack();
    }
    flight.answerAll(resultOf(stale, "stale"));
    const fill = lease && (await fills.ofStale(flight.key, flight.seeds, stale.envelope));
    if (fill === undefined) await lease?.giveBack();
    else await lease?.fill(fill.bytes, fill.ttlMs);
  }

  /** While the load goes on: whoever has waited long enough gets the value that has ended, where there is one. */
  async #answerSoftly(
    flight: Flight,
    softTimeoutMs: Milliseconds,
    cacheTimeLeftMs: Milliseconds,
    loading: Promise<unknown>,
  ): Promise<void> {
    const { clock } = this.#options;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    loading.then(end, end);
    while (!ended.signal.aborted) {
      await pause(clock, softTimeoutMs, ended.signal);
      if (ended.signal.aborted || !flight.waiting) continue;
      const sighting = await this.#look(flight, new Deadline(clock, cacheTimeLeftMs));
      if (sighting === undefined || !this.#answerStale(flight, sighting)) return;
    }
  }

  /** Answers those who came before the look with the value that has ended, and with whether there is one. */
  #answerStale(flight: Flight, sighting: Sighting): boolean {
    const stale = this.#staleIn(flight, sighting);
    if (stale !== undefined) flight.answer(resultOf(stale, "stale"), sighting.askedAt);
    return stale !== undefined;
  }

  #staleIn(flight: Flight, { entries }: Sighting): Served | undefined {
    const seeds = seedsIn(entries, flight.seedKeys);
    if (seeds.state !== "current") return undefined;
    return this.#trusted.grace(flight.key, seeds.bytes, entries.get(flight.key.cacheKey));
  }

  /** Those who came too late for the answer share the next flight. */
  #passOn(flight: Flight, filled?: FillResult): void {
    const next = this.#flights.get(flight.id);
    const following = next ?? new Flight(flight.key, flight.seedKeys);
    flight.moveTo(following);
    if (next !== undefined) return;
    if (filled === "unknown") {
      // They have waited for the cache to answer the fill already: another question to it would be a second deadline.
      this.#remember(following);
      this.#track(this.#load(following, undefined), following);
    } else this.#start(following);
  }

  get #leaseTtlMs(): Milliseconds {
    const { cache, leaseTtlMs } = this.#options;
    return cache.lastingTtlMs(leaseTtlMs);
  }

  #cacheDeadline(flight: Flight): Deadline {
    flight.cacheDeadline ??= new Deadline(this.#options.clock, this.#options.cacheTimeoutMs);
    return flight.cacheDeadline;
  }

  #remember(flight: Flight): void {
    this.#flights.set(flight.id, flight);
    if (flight.seedKeys.length > 0) this.#inGenerations.add(flight);
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.id) === flight) this.#flights.delete(flight.id);
    this.#inGenerations.delete(flight);
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

/** The keys of flights of one partition, and the seeds that they need with them. */
function keysOf(flights: readonly Flight[]): readonly string[] {
  if (flights.every(({ seedKeys }) => seedKeys.length === 0)) return flights.map(({ key }) => key.cacheKey);
  return [...new Set(flights.flatMap(({ key, seedKeys }) => [key.cacheKey, ...seedKeys]))];
}

function isLease(entry: CacheEntry | undefined): boolean {
  return entry !== undefined && kindOf(entry.bytes) === "lease";
}

function resultOf({ envelope, value }: Served, source: "cache" | "stale"): ReadResult {
  const { version, expiresAtMs } = envelope;
  return { value, version, expiresAtMs, source };
}
