import { describe, expect, it } from "@jest/globals";
import { MemoryCache } from "../memory/memory-cache.js";
import { resolveStoreOptions } from "./resolve-store-options.js";
import type { TieredStoreOptions } from "./store-options.js";

const cache = new MemoryCache();

describe("the options of a store", () => {
  it("must be there", () => {
    expect(() => resolveStoreOptions(undefined as unknown as TieredStoreOptions<unknown>)).toThrow(
      /must be an object/,
    );
  });

  it("have a default each but for name and cache", () => {
    expect(resolveStoreOptions({ name: "users", cache })).toMatchObject({
      ttlMs: 300_000,
      absenceTtlMs: 30_000,
      cacheTimeoutMs: 250,
      leaseTtlMs: 10_000,
      holdTtlMs: 10_000,
      whenCacheUnreachable: "log",
      logInvalidations: "derived",
    });
  });

  it.each<[string, Partial<Record<keyof TieredStoreOptions<unknown>, unknown>>, RegExp]>([
    ["a missing name", { name: undefined }, /"name"/],
    ["a name with a blank", { name: "my users" }, /"name" must be 1 to 64 .* not "my users"/],
    ["a name of 65 characters", { name: "x".repeat(65) }, /"name" must .* not a value of type string/],
    ["a missing cache", { cache: undefined }, /"cache"/],
    ["a cache of another kind", { cache: new Map() }, /"cache"/],
    ["a persistence of another kind", { persistence: {} }, /"persistence"/],
    ["a ttl in words", { ttlMs: "5m" }, /"ttlMs" must be a number from 1 to 2147483647, not "5m"/],
    ["a ttl of 0", { ttlMs: 0 }, /"ttlMs"/],
    ["a ttl that is not a number", { ttlMs: Number.NaN }, /"ttlMs"/],
    ["a negative absence ttl", { absenceTtlMs: -1 }, /"absenceTtlMs"/],
    ["a jitter of all", { ttlJitter: 1 }, /"ttlJitter"/],
    [
      "half a schema version",
      { schemaVersion: 1.5 },
      /"schemaVersion" must be a whole number from 0 to 65535, not 1.5/,
    ],
    ["a lease of a millisecond", { lease: { ttlMs: 1 } }, /"lease.ttlMs" must be .* not 1\./],
    ["a hold of a millisecond", { hold: { ttlMs: 1 } }, /"hold.ttlMs"/],
    ["a misspelt option", { whenCacheUnreachabel: "reject" } as object, /no option "whenCacheUnreachabel"/],
    ["a misspelt option inside another", { lease: { wait: 1 } }, /no option "lease.wait"/],
    ["a lease that is no object", { lease: 5 }, /"lease" must be an object/],
    ["a grace below 0", { staleIfErrorMs: -1 }, /"staleIfErrorMs"/],
    ["a soft timeout of nothing", { staleIfErrorMs: 1_000, softTimeoutMs: 0 }, /"softTimeoutMs"/],
    ["a soft timeout without grace", { softTimeoutMs: 100 }, /needs "staleIfErrorMs"/],
    ["a refresh in words", { refreshBeforeMs: "soon" }, /"refreshBeforeMs"/],
    ["a clearable that is a number", { clearable: 1 }, /"clearable" must be true or false, not 1/],
    ["a negative threshold", { compressAboveBytes: -1 }, /"compressAboveBytes"/],
    ["a near cache that is no object", { nearCache: true }, /"nearCache" must be an object/],
    ["a near cache of no entries", { nearCache: { maxEntries: 0 } }, /"nearCache.maxEntries"/],
    ["a near cache of few bytes", { nearCache: { maxBytes: 10 } }, /"nearCache.maxBytes"/],
    ["a near ttl of 0", { nearCache: { ttlMs: 0 } }, /"nearCache.ttlMs"/],
    ["a bus of another kind", { nearCache: { bus: {} } }, /"nearCache.bus"/],
    ["a misspelt option of the near cache", { nearCache: { ttl: 5 } }, /no option "nearCache.ttl"/],
    ["an unknown policy", { whenCacheUnreachable: "ignore" }, /"log", "reject", not "ignore"/],
    ["an unknown logging", { logInvalidations: "never" }, /"derived", "always"/],
  ])("refuse %s and say what they take", (_, wrong, message) => {
    const options = { name: "users", cache, ...wrong } as unknown as TieredStoreOptions<unknown>;
    expect(() => resolveStoreOptions(options)).toThrow(message);
  });
});
