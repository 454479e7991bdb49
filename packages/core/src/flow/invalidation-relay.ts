import { randomBytes } from "node:crypto";
import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { Observer } from "../backend/observer.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import type { Clock, ClockTimer, Milliseconds, UnixMilliseconds } from "../time/clock.js";
import type { Background } from "./background.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline } from "./deadline.js";
import { detached } from "./detached.js";
import { placesToRemove, remove } from "./removal.js";

export interface InvalidationRelayOptions {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly log: InvalidationLog;
  readonly transactions: TransactionScope;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly background: Background;
  /** Is told which keys were removed from the cache. */
  readonly delivered: (cacheKeys: readonly string[]) => void;
  readonly pollMs: Milliseconds;
  readonly maxBackoffMs: Milliseconds;
  readonly cacheTimeoutMs: Milliseconds;
}

/** What a poll left in the log. */
export interface Backlog {
  /** Rows of the cache whose keys could not be removed from it. */
  readonly depth: number;
  /** Age of the oldest by the clock of the database; 0 when there is none. */
  readonly oldestAgeMs: Milliseconds;
  /** When the poll ended. While the database cannot be read, this stands still. */
  readonly atMs: UnixMilliseconds;
}

interface Delivery {
  /** Whether the key of each row is removed, or hidden from every reader of this version. */
  readonly complete: boolean;
  /** Rows that stay. */
  readonly left: number;
}

const pageSize = 500;

/** A new row for the invalidation log. Its random id lets the writer strike exactly this row. */
export function newLogEntry(cache: { readonly name: string }, cacheKey: string): InvalidationEntry {
  return { id: randomBytes(16).toString("hex"), cache: cache.name, key: cacheKey };
}

/**
 * Delivers the rows of the invalidation log to the cache, at least once: reads committed rows without locking them, removes each key as a
 * release does (a hold is left, it hides the old value already), then deletes exactly the rows it has read. Two relays at one row do no harm.
 *
 * It scans from the beginning each time and never keeps its place: a row with a smaller id may be committed later.
 */
export class InvalidationRelay {
  readonly #options: InvalidationRelayOptions;
  #timer: ClockTimer | undefined;
  #failures = 0;
  #backlog: Backlog | undefined;
  #stopped = false;

  constructor(options: InvalidationRelayOptions) {
    this.#options = options;
  }

  /** What the last poll left; `undefined` before the first one that could read the log. */
  get backlog(): Backlog | undefined {
    return this.#backlog;
  }

  /** Begins to poll. */
  start(): void {
    this.#schedule(this.#options.pollMs);
  }

  /** Stops polling. A delivery under way ends with its page. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /**
   * Delivers all rows that are committed by now, but for those of nodes that are left alone, which a probe delivers. Takes note of what stays.
   * @returns whether the key of each row is removed, or hidden from every reader of this version.
   */
  async deliver(): Promise<boolean> {
    const { complete, left } = await this.#outside(() => this.#deliver());
    await this.#outside(() => this.#measure(left));
    return complete;
  }

  /**
   * Cleans a node: delivers all rows of its partition that are committed by now, also while the node is left alone. Ends after the page under way
   * once `timeoutMs` have passed, so that a long backlog is never delivered by several cleanings at once.
   * @returns whether the key of each of these rows is removed, or hidden from every reader of this version.
   */
  async clean(partition: string, timeoutMs: Milliseconds): Promise<boolean> {
    const cleaning = { partition, deadline: new Deadline(this.#options.clock, timeoutMs) };
    return (await this.#outside(() => this.#deliver(cleaning))).complete;
  }

  async #deliver(cleaning?: { readonly partition: string; readonly deadline: Deadline }): Promise<Delivery> {
    const { cache, nodes, log, clock, cacheTimeoutMs } = this.#options;
    let complete = true;
    let left = 0;
    let afterId: string | undefined;
    for (;;) {
      const page = await log.read(cache.name, pageSize, afterId);
      const keys = page.map(({ key }) => key);
      const places = placesToRemove(nodes, keys).filter(
        ({ cacheKey }) => !cleaning || nodes.partitionOf(cacheKey) === cleaning.partition,
      );
      const { confirmed, hidden } = await remove(places, {
        cache,
        nodes,
        clock,
        timeoutMs: cacheTimeoutMs,
        cleaning: cleaning !== undefined,
      });
      // A row goes when its key is removed everywhere: of a key with another place in another partition it stays for the next poll.
      const delivered = page.filter(({ key }) => nodes.coveredBy(confirmed, key));
      if (delivered.length > 0) this.#options.delivered(delivered.map(({ key }) => key));
      await log.remove(delivered.map(({ id }) => id));
      // A row whose entry is of an unknown kind stays for a version that knows it; to readers here the entry is a hold.
      if (places.some(({ cacheKey }) => !confirmed.has(cacheKey) && !hidden.has(cacheKey))) complete = false;
      afterId = page.at(-1)?.id;
      left += page.length - delivered.length;
      if (page.length < pageSize) return { complete, left };
      if (this.#stopped || cleaning?.deadline.passed) return { complete: false, left };
    }
  }

  /** The age is a query of its own, so it is asked for only while there are rows. */
  async #measure(depth: number): Promise<void> {
    const { cache, log, clock, observer } = this.#options;
    const ageMs = depth > 0 ? await log.oldestAgeMs(cache.name) : undefined;
    const before = this.#backlog?.depth ?? 0;
    // No age: the rows are gone by now, another relay or their writer was faster.
    const found = ageMs === undefined ? { depth: 0, oldestAgeMs: 0 } : { depth, oldestAgeMs: ageMs };
    this.#backlog = { ...found, atMs: clock.nowMs() };
    if (observer.active && (before > 0 || found.depth > 0))
      observer.emit({ type: "backlog", cache: cache.name, ...found });
  }

  #outside<T>(work: () => Promise<T>): Promise<T> {
    return detached(() => this.#options.transactions.outside(work));
  }

  #schedule(delayMs: Milliseconds): void {
    if (this.#stopped) return;
    const { clock, background } = this.#options;
    // Jittered, so that the relays of many processes do not read in step.
    const jitteredMs = delayMs * (0.5 + Math.random() / 2);
    this.#timer = detached(() => clock.after(jitteredMs, () => background.track(this.#poll()), "tidy"));
  }

  async #poll(): Promise<void> {
    let complete = false;
    try {
      complete = await this.deliver();
    } catch {
      // The database cannot be read. Nothing is lost: the rows stay, and the next poll finds them.
    }
    this.#failures = complete ? 0 : this.#failures + 1;
    const { pollMs, maxBackoffMs } = this.#options;
    this.#schedule(Math.min(pollMs * 2 ** Math.min(this.#failures, 16), Math.max(maxBackoffMs, pollMs)));
  }
}
