import type { CacheBackend } from "../backend/cache-backend.js";
import type { InvalidationBus } from "../backend/invalidation-bus.js";
import type { LockProvider } from "../backend/lock-provider.js";
import type { Observer } from "../backend/observer.js";
import type { PersistenceBackend } from "../backend/persistence-backend.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import type { ValueCodec } from "../backend/value-codec.js";
import { richJsonCodec } from "../entry/rich-json-codec.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";
import { checkSoftTimeout } from "./check-load-options.js";
import { checkInteger, checkNumber, shown } from "./check-number.js";
import { diagnosticsObserver } from "./diagnostics-observer.js";
import type { NearCacheSettings, TieredStoreOptions } from "./store-options.js";

/** Settings of a near cache with every default filled in and checked. */
export interface ResolvedNearCache {
  readonly ttlMs: Milliseconds;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly bus: InvalidationBus | undefined;
}

/** {@link TieredStoreOptions} with every default filled in and checked. */
export interface ResolvedStoreOptions<V> {
  readonly name: string;
  readonly cache: CacheBackend;
  readonly persistence: PersistenceBackend<V> | undefined;
  readonly transactions: TransactionScope | undefined;
  readonly locks: LockProvider | undefined;
  readonly ttlMs: Milliseconds;
  readonly absenceTtlMs: Milliseconds;
  readonly ttlJitter: number;
  readonly schemaVersion: number;
  readonly cacheTimeoutMs: Milliseconds;
  readonly loadTimeoutMs: Milliseconds;
  readonly staleIfErrorMs: Milliseconds;
  readonly softTimeoutMs: Milliseconds | undefined;
  readonly refreshBeforeMs: Milliseconds;
  readonly clearable: boolean;
  readonly compressAboveBytes: number;
  readonly nearCache: ResolvedNearCache | undefined;
  readonly leaseTtlMs: Milliseconds;
  readonly leaseWaitMs: Milliseconds;
  readonly holdTtlMs: Milliseconds;
  readonly relayPollMs: Milliseconds;
  readonly relayMaxBackoffMs: Milliseconds;
  readonly whenCacheUnreachable: "log" | "reject";
  readonly logInvalidations: "derived" | "always";
  readonly codec: ValueCodec;
  readonly clock: Clock;
  readonly observer: Observer;
}

const known: readonly (keyof TieredStoreOptions<unknown>)[] = [
  "name",
  "cache",
  "persistence",
  "transactions",
  "locks",
  "ttlMs",
  "absenceTtlMs",
  "ttlJitter",
  "schemaVersion",
  "cacheTimeoutMs",
  "loadTimeoutMs",
  "staleIfErrorMs",
  "softTimeoutMs",
  "refreshBeforeMs",
  "clearable",
  "compressAboveBytes",
  "nearCache",
  "lease",
  "hold",
  "relay",
  "whenCacheUnreachable",
  "logInvalidations",
  "codec",
  "clock",
  "observer",
];

/** Room for a name, a separator and a hash with some of the key in front. */
const leastKeyBytes = 128;

/** @throws {TypeError} that names the option and what it takes. */
export function resolveStoreOptions<V>(options: TieredStoreOptions<V>): ResolvedStoreOptions<V> {
  checkKnown("", options, known);
  checkKnown("nearCache.", options.nearCache, ["ttlMs", "maxEntries", "maxBytes", "bus"]);
  checkKnown("lease.", options.lease, ["ttlMs", "waitMs"]);
  checkKnown("hold.", options.hold, ["ttlMs"]);
  checkKnown("relay.", options.relay, ["pollMs", "maxBackoffMs"]);
  checkName("name", options.name);
  const { cache, persistence } = options;
  if (typeof cache?.getMany !== "function") {
    throw new TypeError('TieredStore option "cache" must be a CacheBackend, such as new MemoryCache().');
  }
  checkName("cache.name", cache.name);
  if (cache.limits.maxKeyBytes < leastKeyBytes) {
    throw new TypeError(
      `TieredStore option "cache" must take keys of at least ${leastKeyBytes} bytes, not ${shown(cache.limits.maxKeyBytes)}.`,
    );
  }
  if (persistence !== undefined && typeof persistence.readMany !== "function") {
    throw new TypeError(
      'TieredStore option "persistence" must be a PersistenceBackend, such as database.collection("users").',
    );
  }
  if (
    persistence !== undefined &&
    options.transactions !== undefined &&
    persistence.transactions !== options.transactions
  ) {
    throw new TypeError('TieredStore option "transactions" must be those of "persistence"; leave it out.');
  }
  const staleIfErrorMs = checkNumber("staleIfErrorMs", options.staleIfErrorMs, 0, 0);
  return Object.freeze({
    name: options.name,
    cache,
    persistence,
    transactions: options.transactions ?? persistence?.transactions,
    locks: options.locks,
    ttlMs: checkNumber("ttlMs", options.ttlMs, 300_000, 1),
    absenceTtlMs: checkNumber("absenceTtlMs", options.absenceTtlMs, 30_000, 0),
    ttlJitter: checkNumber("ttlJitter", options.ttlJitter, 0.1, 0, 0.9),
    schemaVersion: checkInteger("schemaVersion", options.schemaVersion, 0, 0, 65_535),
    cacheTimeoutMs: checkNumber("cacheTimeoutMs", options.cacheTimeoutMs, 250, 1),
    loadTimeoutMs: checkNumber("loadTimeoutMs", options.loadTimeoutMs, 30_000, 1),
    staleIfErrorMs,
    softTimeoutMs: checkSoftTimeout("softTimeoutMs", options.softTimeoutMs, staleIfErrorMs),
    refreshBeforeMs: checkNumber("refreshBeforeMs", options.refreshBeforeMs, 0, 0),
    clearable: checkBoolean("clearable", options.clearable),
    compressAboveBytes: checkNumber(
      "compressAboveBytes",
      options.compressAboveBytes,
      65_536,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    nearCache: options.nearCache && resolveNearCache(options.nearCache),
    leaseTtlMs: checkNumber("lease.ttlMs", options.lease?.ttlMs, 10_000, 1_000),
    leaseWaitMs: checkNumber("lease.waitMs", options.lease?.waitMs, 1_000, 0),
    holdTtlMs: checkNumber("hold.ttlMs", options.hold?.ttlMs, 10_000, 1_000),
    relayPollMs: checkNumber("relay.pollMs", options.relay?.pollMs, 1_000, 10),
    relayMaxBackoffMs: checkNumber("relay.maxBackoffMs", options.relay?.maxBackoffMs, 5_000, 10),
    whenCacheUnreachable: oneOf("whenCacheUnreachable", options.whenCacheUnreachable, ["log", "reject"]),
    logInvalidations: oneOf("logInvalidations", options.logInvalidations, ["derived", "always"]),
    codec: options.codec ?? richJsonCodec,
    clock: options.clock ?? systemClock,
    observer: options.observer ?? diagnosticsObserver,
  });
}

function resolveNearCache({ ttlMs, maxEntries, maxBytes, bus }: NearCacheSettings): ResolvedNearCache {
  if (bus !== undefined && typeof bus.subscribe !== "function") {
    throw new TypeError(
      'TieredStore option "nearCache.bus" must be an InvalidationBus, such as new MemoryInvalidationBus().',
    );
  }
  return {
    ttlMs: checkNumber("nearCache.ttlMs", ttlMs, 1_000, 1),
    maxEntries: checkInteger("nearCache.maxEntries", maxEntries, 10_000, 1, 2 ** 24),
    maxBytes: checkInteger("nearCache.maxBytes", maxBytes, 2 ** 26, 1_024, Number.MAX_SAFE_INTEGER),
    bus,
  };
}

function checkBoolean(option: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "boolean")
    throw new TypeError(`TieredStore option "${option}" must be true or false, not ${shown(value)}.`);
  return value;
}

/** A misspelt option would be ignored, and with it what it was to guard. */
function checkKnown(path: string, options: unknown, names: readonly string[]): void {
  if (options === undefined && path !== "") return;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `TieredStore: ${path === "" ? "the options" : `option "${path.slice(0, -1)}"`} must be an object.`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`TieredStore has no option "${path}${name}".`);
  }
}

function checkName(option: string, name: unknown): void {
  if (typeof name !== "string" || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new TypeError(
      `TieredStore option "${option}" must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-", not ${shown(name)}.`,
    );
  }
}

/** The first of `allowed` is the default. */
function oneOf<T extends string>(option: string, value: T | undefined, allowed: readonly [T, ...T[]]): T {
  if (value === undefined) return allowed[0];
  if (!allowed.includes(value)) {
    throw new TypeError(
      `TieredStore option "${option}" must be one of ${allowed.map((one) => `"${one}"`).join(", ")}, not ${shown(value)}.`,
    );
  }
  return value;
}
