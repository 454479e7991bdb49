import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Observer, StoreEvent } from "../backend/observer.js";
import type { Milliseconds } from "../time/clock.js";
import type { Latency, ReadSource, StoreStats } from "./store-stats.js";

/** Histograms count microseconds, up to a minute, to two digits: 24 KB each. */
const bounds = { lowest: 1, highest: 60_000_000, figures: 2 };
const perMs = 1_000;

/** What the events of a store add up to. */
export type CollectedStats = Pick<
  StoreStats,
  "reads" | "misses" | "fills" | "refreshes" | "writes" | "cacheFailures" | "unlogged" | "latency"
>;

/** Counts the events of one store, and passes them on. */
export class StatsCollector implements Observer {
  /** Counting needs every event. */
  readonly active = true;
  readonly #next: Observer;
  readonly #reads: Record<ReadSource, number> = { near: 0, cache: 0, stale: 0, database: 0, transaction: 0 };
  readonly #fills = { stored: 0, refused: 0 };
  readonly #refreshes = { stored: 0, refused: 0, failed: 0 };
  readonly #writes = { keys: 0, held: 0, released: 0 };
  #cacheFailures = 0;
  #unlogged = 0;
  readonly #latency = new Map<ReadSource | "write", RecordableHistogram>();

  constructor(next: Observer) {
    this.#next = next;
  }

  emit(event: StoreEvent): void {
    this.#count(event);
    if (this.#next.active) this.#next.emit(event);
  }

  snapshot(): CollectedStats {
    const latency: { [kind in ReadSource | "write"]?: Latency } = {};
    for (const [kind, histogram] of this.#latency) latency[kind] = latencyOf(histogram);
    return {
      reads: { ...this.#reads },
      misses: this.#reads.database + this.#reads.stale,
      fills: { ...this.#fills },
      refreshes: { ...this.#refreshes },
      writes: { ...this.#writes },
      cacheFailures: this.#cacheFailures,
      unlogged: this.#unlogged,
      latency,
    };
  }

  #count(event: StoreEvent): void {
    switch (event.type) {
      case "read":
        this.#reads[event.source] += event.keys;
        this.#record(event.source, event.durationMs);
        break;
      case "write":
        this.#record("write", event.durationMs);
        break;
      case "fill":
        this.#fills[event.stored ? "stored" : "refused"] += 1;
        break;
      case "refresh":
        this.#refreshes[event.outcome] += 1;
        break;
      case "invalidation":
        this.#writes.keys += event.keys;
        this.#writes.held += event.held;
        this.#writes.released += event.released;
        break;
      case "cache-failed":
        this.#cacheFailures += 1;
        break;
      case "log-failed":
        this.#unlogged += event.keys;
        break;
      default: // the others are gauges, or counted by the events above
    }
  }

  #record(kind: ReadSource | "write", durationMs: Milliseconds): void {
    let histogram = this.#latency.get(kind);
    if (histogram === undefined) {
      histogram = createHistogram(bounds);
      this.#latency.set(kind, histogram);
    }
    histogram.record(Math.min(bounds.highest, Math.max(bounds.lowest, Math.round(durationMs * perMs))));
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  return {
    calls: histogram.count,
    meanMs: histogram.mean / perMs,
    p50Ms: histogram.percentile(50) / perMs,
    p95Ms: histogram.percentile(95) / perMs,
    p99Ms: histogram.percentile(99) / perMs,
    maxMs: histogram.max / perMs,
  };
}
