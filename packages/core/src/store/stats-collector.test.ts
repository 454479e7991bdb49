import { describe, expect, it } from "@jest/globals";
import type { Observer, StoreEvent } from "../backend/observer.js";
import { StatsCollector } from "./stats-collector.js";

const silent: Observer = { active: false, emit: () => undefined };
const store = "users";

describe("StatsCollector", () => {
  it("counts keys by what answered, and takes what no cache answered for misses", () => {
    const collector = new StatsCollector(silent);
    for (const [source, keys] of [
      ["near", 1],
      ["cache", 5],
      ["cache", 2],
      ["stale", 1],
      ["database", 3],
      ["transaction", 4],
    ] as const)
      collector.emit({ type: "read", store, source, keys, durationMs: 1 });
    const { reads, misses } = collector.snapshot();
    expect(reads).toEqual({ near: 1, cache: 7, stale: 1, database: 3, transaction: 4 });
    expect(misses).toBe(4);
  });

  it("counts fills, refreshes, writes and failures by what became of them", () => {
    const collector = new StatsCollector(silent);
    const events: readonly StoreEvent[] = [
      { type: "fill", store, stored: true },
      { type: "fill", store, stored: true },
      { type: "fill", store, stored: false },
      { type: "refresh", store, outcome: "stored" },
      { type: "refresh", store, outcome: "refused" },
      { type: "refresh", store, outcome: "failed" },
      { type: "invalidation", store, keys: 3, held: 2, released: 1 },
      { type: "invalidation", store, keys: 1, held: 1, released: 1 },
      { type: "cache-failed", store, code: "CACHE_TIMEOUT" },
      { type: "log-failed", store, keys: 2 },
    ];
    for (const event of events) collector.emit(event);
    expect(collector.snapshot()).toMatchObject({
      fills: { stored: 2, refused: 1 },
      refreshes: { stored: 1, refused: 1, failed: 1 },
      writes: { keys: 4, held: 3, released: 2 },
      cacheFailures: 1,
      unlogged: 2,
    });
  });

  it("tells percentiles of durations to about a hundredth, for kinds that there were", () => {
    const collector = new StatsCollector(silent);
    for (let ms = 1; ms <= 1_000; ms += 1)
      collector.emit({ type: "read", store, source: "cache", keys: 1, durationMs: ms });
    collector.emit({ type: "write", store, durationMs: 0 });
    collector.emit({ type: "write", store, durationMs: 3_600_000 });
    const { latency } = collector.snapshot();
    expect(Object.keys(latency).sort()).toEqual(["cache", "write"]);
    const { cache, write } = latency;
    expect(cache?.calls).toBe(1_000);
    for (const [told, real] of [
      [cache?.meanMs, 500.5],
      [cache?.p50Ms, 500],
      [cache?.p95Ms, 950],
      [cache?.p99Ms, 990],
      [cache?.maxMs, 1_000],
    ] as const)
      expect(Math.abs((told as number) / real - 1)).toBeLessThan(0.02);
    expect(write?.calls).toBe(2);
  });

  it("gives snapshots that do not change", () => {
    const collector = new StatsCollector(silent);
    const before = collector.snapshot();
    collector.emit({ type: "read", store, source: "cache", keys: 1, durationMs: 1 });
    expect(before.reads.cache).toBe(0);
    expect(before.latency).toEqual({});
  });

  it("passes every event on to an observer that listens, and to no other", () => {
    const told: StoreEvent[] = [];
    const listening = { active: true, emit: (event: StoreEvent) => void told.push(event) };
    const event: StoreEvent = { type: "fill", store, stored: true };
    const collector = new StatsCollector(listening);
    collector.emit(event);
    listening.active = false;
    collector.emit(event);
    expect(told).toEqual([event]);
  });
});
