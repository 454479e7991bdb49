import type { Clock } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";

/** How a `MemoryCache` is put together. Wrong options are refused by a `TypeError` at construction. */
export interface MemoryCacheOptions {
  /** See `CacheBackend.name`. Default: `"memory"`. */
  readonly name?: string | undefined;
  /** How many entries it holds at most; the one used longest ago goes first. Default: 100,000. */
  readonly maxEntries?: number | undefined;
  /** How many bytes of keys and values it holds at most. Default: 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined;
  /** Longest key in bytes; core hashes longer ones. Default: 250, as memcached has it. */
  readonly maxKeyBytes?: number | undefined;
  /** Largest entry in bytes. Default: 1,048,576 (1 MiB), or what `maxBytes` leaves beside a key. */
  readonly maxValueBytes?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

export type ResolvedMemoryCacheOptions = {
  readonly [Name in keyof MemoryCacheOptions]-?: NonNullable<MemoryCacheOptions[Name]>;
};

const namePattern = /^[A-Za-z0-9._-]{1,64}$/;

/** Checks the options, fills in the defaults and freezes the result. */
export function resolveMemoryCacheOptions(options: MemoryCacheOptions): ResolvedMemoryCacheOptions {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  const maxKeyBytes = options.maxKeyBytes ?? 250;
  const resolved: ResolvedMemoryCacheOptions = {
    name: options.name ?? "memory",
    maxEntries: options.maxEntries ?? 100_000,
    maxBytes,
    maxKeyBytes,
    maxValueBytes: options.maxValueBytes ?? Math.min(1024 * 1024, maxBytes - maxKeyBytes),
    clock: options.clock ?? systemClock,
  };
  if (!namePattern.test(resolved.name)) {
    throw new TypeError("MemoryCache: name must be 1 to 64 characters of [A-Za-z0-9._-]");
  }
  for (const option of ["maxEntries", "maxBytes", "maxKeyBytes", "maxValueBytes"] as const) {
    if (!Number.isSafeInteger(resolved[option]) || resolved[option] < 1) {
      throw new TypeError(`MemoryCache: ${option} must be a whole number of at least 1`);
    }
  }
  if (resolved.maxKeyBytes + resolved.maxValueBytes > resolved.maxBytes) {
    throw new TypeError(
      "MemoryCache: maxBytes must have room for one entry of maxKeyBytes and maxValueBytes",
    );
  }
  return Object.freeze(resolved);
}
