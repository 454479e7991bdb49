import type { CacheBackend } from "../backend/cache-backend.js";
import type { InvalidationLog } from "../backend/invalidation-log.js";
import type { Observer } from "../backend/observer.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { Background } from "./background.js";
import { BoundedCache } from "./bounded-cache.js";
import { BoundedLog } from "./bounded-log.js";
import { CacheNodes } from "./cache-nodes.js";
import { type Backlog, InvalidationRelay } from "./invalidation-relay.js";

export interface CacheLinkOptions {
  readonly cache: CacheBackend;
  readonly transactions: TransactionScope | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly cacheTimeoutMs: Milliseconds;
  readonly pollMs: Milliseconds;
  readonly maxBackoffMs: Milliseconds;
}

/** What the stores of one cache and one database share in this process: the knowledge of the nodes, and the relay. */
export interface CacheLink {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly log: InvalidationLog | undefined;
  /** What the relay's last poll left in the log; `undefined` before the first one, and where there is no log. */
  backlog(): Backlog | undefined;
  /** Calls `listener`, until the link is given back, with the keys that the relay of this process has removed from the cache, those of other stores too. */
  onDelivered(listener: Delivered): void;
  /** Gives the link back; the last store to do so stops the relay and the probes, and waits for those under way. */
  release(): Promise<void>;
}

type Delivered = (cacheKeys: readonly string[]) => void;

interface SharedLink {
  readonly cache: BoundedCache;
  readonly log: InvalidationLog | undefined;
  readonly nodes: CacheNodes;
  readonly relay: InvalidationRelay | undefined;
  readonly background: Background;
  readonly listeners: Set<Delivered>;
  users: number;
}

/** A node that failed is probed at least this often, or at `maxBackoffMs`, so that its backlog is delivered in the time promised. */
const longestPauseMs = 1_000;

/** Stands in the map for "no log". */
const noLog = {};

/**
 * Links by cache and log. Keyed by the backend objects themselves, so that two containers in one process share nothing unless they
 * share a backend; a second copy of this module merely polls a second time.
 */
const links = new WeakMap<CacheBackend, WeakMap<object, SharedLink>>();

/** Joins the link of `options.cache` and the log of `options.transactions`, opened by the first store with that store's settings. */
export function joinLink(options: CacheLinkOptions): CacheLink {
  const log = options.transactions?.log;
  const byLog = links.get(options.cache) ?? new WeakMap<object, SharedLink>();
  links.set(options.cache, byLog);
  const shared = byLog.get(log ?? noLog) ?? openLink(options);
  byLog.set(log ?? noLog, shared);
  shared.users += 1;

  let released = false;
  let listener: Delivered | undefined;
  return {
    cache: shared.cache,
    nodes: shared.nodes,
    log: shared.log,
    backlog: () => shared.relay?.backlog,
    onDelivered(added) {
      listener = added;
      shared.listeners.add(added);
    },
    async release() {
      if (released) return;
      released = true;
      if (listener !== undefined) shared.listeners.delete(listener);
      shared.users -= 1;
      if (shared.users > 0) return;
      byLog.delete(log ?? noLog);
      shared.relay?.stop();
      await Promise.all([shared.background.end(), shared.nodes.end()]);
    },
  };
}

function openLink(options: CacheLinkOptions): SharedLink {
  const { transactions, clock, observer } = options;
  const cache = new BoundedCache(options.cache, clock);
  const log = transactions?.log && new BoundedLog(transactions.log, clock);
  const background = new Background();
  const listeners = new Set<Delivered>();
  const delivered = (cacheKeys: readonly string[]): void => {
    for (const listener of listeners) listener(cacheKeys);
  };
  let relay: InvalidationRelay | undefined;
  const nodes = new CacheNodes({
    cache: options.cache,
    clock,
    observer,
    clean: async (partition, timeoutMs) => relay?.clean(partition, timeoutMs) ?? true,
    longestPauseMs: Math.min(longestPauseMs, options.maxBackoffMs),
  });
  if (transactions !== undefined && log !== undefined) {
    relay = new InvalidationRelay({ ...options, cache, transactions, log, nodes, background, delivered });
    relay.start();
  }
  return { cache, log, nodes, relay, background, listeners, users: 0 };
}
