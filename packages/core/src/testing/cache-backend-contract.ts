import type { CacheBackend, CasToken } from "../backend/cache-backend.js";
import { isLeasing } from "../backend/leasing-cache-backend.js";
import { cacheByteClauses } from "./cache/byte-clauses.js";
import { bytesOf } from "./cache/bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache/cache-harness.js";
import { cacheClientClauses } from "./cache/client-clauses.js";
import { cacheConcurrencyClauses } from "./cache/concurrency-clauses.js";
import { cacheConnectionClauses } from "./cache/connection-clauses.js";
import { cacheExpiryClauses } from "./cache/expiry-clauses.js";
import { cacheFaultClauses } from "./cache/fault-clauses.js";
import { cacheLeasingClauses } from "./cache/leasing-clauses.js";
import { cacheReadClauses } from "./cache/read-clauses.js";
import { cacheStoreClauses } from "./cache/store-clauses.js";
import { keepingAlive } from "./keeping-alive.js";
import { lifecycleTrait } from "./lifecycle-trait.js";
import type { TestRunner } from "./test-runner.js";

/** Registers the tests of everything that `CacheBackend` promises. */
export function cacheBackendContract(given: TestRunner, harness: CacheBackendHarness): void {
  const runner = keepingAlive(given);
  runner.describe(`CacheBackend contract: ${harness.name}`, () => {
    cacheReadClauses(runner, harness);
    cacheStoreClauses(runner, harness);
    cacheByteClauses(runner, harness);
    cacheExpiryClauses(runner, harness);
    cacheConcurrencyClauses(runner, harness);
    cacheConnectionClauses(runner, harness);
    cacheLeasingClauses(runner, harness);
    cacheClientClauses(runner, harness);
    cacheFaultClauses(runner, harness);

    const key = harness.freshKey();
    // The calls below need a token; theirs is refused before it counts.
    let token: CasToken = { connection: 0 };
    const open = async () => {
      const cache = await harness.open();
      token = await cache.set(key, bytesOf("standing"), longTtlMs);
      return cache;
    };
    lifecycleTrait(runner, open, {
      getMany: (cache) => cache.getMany([key]),
      add: (cache) => cache.add(key, bytesOf("late"), longTtlMs),
      set: (cache) => cache.set(key, bytesOf("late"), longTtlMs),
      compareAndSet: (cache) => cache.compareAndSet(key, bytesOf("late"), longTtlMs, token),
      delete: (cache) => cache.delete(key, token),
      ...(harness.leasing === true && {
        getOrLease: async (cache: CacheBackend) => isLeasing(cache) && cache.getOrLease([key], longTtlMs),
      }),
    });
  });
}
