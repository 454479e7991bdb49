import { describe, expect, it } from "@jest/globals";
import type { CacheBackend, CacheCallOptions, CacheEntry, CasToken } from "../backend/cache-backend.js";
import type { LeasedEntry } from "../backend/leasing-cache-backend.js";
import { AsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import type { CacheBackendHarness } from "./cache/cache-harness.js";
import { cacheBackendContract } from "./cache-backend-contract.js";
import { ConnectedMemoryCache } from "./connected-memory-cache.js";
import { FragileMemoryCache, FragileMemoryServer } from "./fragile-memory-cache.js";
import { ManualClock } from "./manual-clock.js";
import { failingTests, withMethods } from "./recording-runner.js";

const clock = new ManualClock();
let serial = 0;
const freshKey = () => `Key-${serial++}`;
const harnessOf = (breakIt: (cache: MemoryCache) => CacheBackend): CacheBackendHarness => ({
  name: "broken",
  ttlStepMs: 1,
  leasing: true,
  clock,
  open: async () => breakIt(new MemoryCache({ clock })),
  freshKey,
});

/** What the broken caches do to entries on their way out. */
const mapEntries = (
  cache: MemoryCache,
  change: (entry: CacheEntry) => CacheEntry | undefined,
): Pick<CacheBackend, "getMany"> => ({
  async getMany(keys) {
    const changed = new Map<string, CacheEntry>();
    for (const [key, entry] of await cache.getMany(keys)) {
      const result = change(entry);
      if (result !== undefined) changed.set(key, result);
    }
    return changed;
  },
});

/** What the broken caches make of keys. */
const withKeys = (cache: MemoryCache, change: (key: string) => string): CacheBackend =>
  withMethods<CacheBackend>(cache, {
    add: (key, bytes, ttlMs) => cache.add(change(key), bytes, ttlMs),
    set: (key, bytes, ttlMs) => cache.set(change(key), bytes, ttlMs),
    compareAndSet: (key, bytes, ttlMs, token) => cache.compareAndSet(change(key), bytes, ttlMs, token),
    delete: (key, token) => cache.delete(change(key), token),
    async getMany(keys) {
      const found = await cache.getMany(keys.map(change));
      return new Map(
        keys.flatMap((key) => {
          const entry = found.get(change(key));
          return entry === undefined ? [] : [[key, entry]];
        }),
      );
    },
  });

/** What the broken caches make of the answers of `getOrLease`. */
const withLeases = (
  cache: MemoryCache,
  change: (entry: LeasedEntry) => LeasedEntry | undefined,
): MemoryCache =>
  withMethods(cache, {
    async getOrLease(keys, ttlMs) {
      const changed = new Map<string, LeasedEntry>();
      for (const [key, entry] of await cache.getOrLease(keys, ttlMs)) {
        const result = change(entry);
        if (result !== undefined) changed.set(key, result);
      }
      return changed;
    },
  });

const defects: ReadonlyArray<{
  readonly name: string;
  readonly breakIt: (cache: MemoryCache) => CacheBackend;
  readonly caughtBy: RegExp;
}> = [
  {
    name: "compareAndSet ignores the token",
    breakIt: (cache) =>
      withMethods(cache, { compareAndSet: (key, bytes, ttlMs) => cache.set(key, bytes, ttlMs) }),
    caughtBy: /after a set the old token neither stores nor deletes/,
  },
  {
    name: "compareAndSet stores where the key is gone",
    breakIt: (cache) =>
      withMethods(cache, {
        compareAndSet: async (key, bytes, ttlMs, token) =>
          (await cache.compareAndSet(key, bytes, ttlMs, token)) ?? cache.add(key, bytes, ttlMs),
      }),
    caughtBy: /compareAndSet on a key that is gone stores nothing/,
  },
  {
    name: "compareAndSet looks first and stores later",
    breakIt: (cache) =>
      withMethods(cache, {
        async compareAndSet(key, bytes, ttlMs, token) {
          const standing = (await cache.getMany([key])).get(key)?.token;
          await new Promise(setImmediate);
          return standing === token ? cache.set(key, bytes, ttlMs) : undefined;
        },
      }),
    caughtBy: /of fifty compareAndSet with one token one wins/,
  },
  {
    name: "delete ignores the token",
    breakIt: (cache) =>
      withMethods(cache, {
        async delete(key) {
          const entry = (await cache.getMany([key])).get(key);
          return entry !== undefined && cache.delete(key, entry.token);
        },
      }),
    caughtBy: /after a compareAndSet the old token neither stores nor deletes/,
  },
  {
    name: "add replaces",
    breakIt: (cache) => withMethods(cache, { add: (key, bytes, ttlMs) => cache.set(key, bytes, ttlMs) }),
    caughtBy: /add keeps the first value/,
  },
  {
    name: "add looks first and stores later",
    breakIt: (cache) =>
      withMethods(cache, {
        async add(key, bytes, ttlMs) {
          const taken = (await cache.getMany([key])).has(key);
          await new Promise(setImmediate);
          return taken ? undefined : cache.set(key, bytes, ttlMs);
        },
      }),
    caughtBy: /of fifty adds one wins/,
  },
  {
    name: "a token names the bytes, not the store",
    breakIt: (cache) => {
      const byContent = new Map<string, CasToken>();
      const tokenOf = (bytes: Uint8Array) => {
        const content = Buffer.from(bytes).toString("hex");
        const token = byContent.get(content) ?? { connection: 0 };
        byContent.set(content, token);
        return token;
      };
      const real = async (key: string, token: CasToken) => {
        const entry = (await cache.getMany([key])).get(key);
        return entry !== undefined && tokenOf(entry.bytes) === token ? entry.token : { connection: 0 };
      };
      return withMethods(cache, {
        ...mapEntries(cache, ({ bytes }) => ({ bytes, token: tokenOf(bytes) })),
        add: async (key, bytes, ttlMs) => ((await cache.add(key, bytes, ttlMs)) ? tokenOf(bytes) : undefined),
        set: async (key, bytes, ttlMs) => {
          await cache.set(key, bytes, ttlMs);
          return tokenOf(bytes);
        },
        compareAndSet: async (key, bytes, ttlMs, token) =>
          (await cache.compareAndSet(key, bytes, ttlMs, await real(key, token))) && tokenOf(bytes),
        delete: async (key, token) => cache.delete(key, await real(key, token)),
      });
    },
    caughtBy: /after a set of the same bytes the old token neither stores nor deletes/,
  },
  {
    name: "stores hand out useless tokens",
    breakIt: (cache) =>
      withMethods(cache, {
        async set(key, bytes, ttlMs) {
          await cache.set(key, bytes, ttlMs);
          return { connection: 0 };
        },
      }),
    caughtBy: /a set hands out the token of what it stored/,
  },
  {
    name: "it keeps the caller's buffer",
    breakIt: (cache) => {
      const buffers = new WeakMap<CasToken, Uint8Array>();
      return withMethods(cache, {
        ...mapEntries(cache, ({ bytes, token }) => ({
          bytes: Uint8Array.from(buffers.get(token) ?? bytes),
          token,
        })),
        async set(key, bytes, ttlMs) {
          const token = await cache.set(key, bytes, ttlMs);
          buffers.set(token, bytes);
          return token;
        },
      });
    },
    caughtBy: /changing the caller's buffer after a store/,
  },
  {
    name: "it hands out its own buffer",
    breakIt: (cache) => {
      const own = new WeakMap<CasToken, Uint8Array>();
      return withMethods(
        cache,
        mapEntries(cache, ({ bytes, token }) => {
          const shared = own.get(token) ?? bytes;
          own.set(token, shared);
          return { bytes: shared, token };
        }),
      );
    },
    caughtBy: /changing what a read returned/,
  },
  {
    name: "an empty entry is a miss",
    breakIt: (cache) =>
      withMethods(
        cache,
        mapEntries(cache, (entry) => (entry.bytes.length === 0 ? undefined : entry)),
      ),
    caughtBy: /an entry may be empty/,
  },
  {
    name: "bytes pass through text",
    breakIt: (cache) =>
      withMethods(cache, {
        set: (key, bytes, ttlMs) => cache.set(key, Buffer.from(Buffer.from(bytes).toString("utf8")), ttlMs),
      }),
    caughtBy: /every byte value is kept/,
  },
  {
    name: "keys lose their case",
    breakIt: (cache) =>
      withMethods(cache, {
        set: (key, bytes, ttlMs) => cache.set(key.toLowerCase(), bytes, ttlMs),
        async getMany(keys) {
          const found = await cache.getMany(keys.map((key) => key.toLowerCase()));
          return new Map(
            keys.flatMap((key) => {
              const entry = found.get(key.toLowerCase());
              return entry === undefined ? [] : [[key, entry]];
            }),
          );
        },
      }),
    caughtBy: /keys differ by case/,
  },
  {
    name: "it loses all but the first key of a long list",
    breakIt: (cache) => withMethods(cache, { getMany: (keys) => cache.getMany(keys.slice(0, 64)) }),
    caughtBy: /a hundred keys, every third stored/,
  },
  {
    name: "nothing ever ends",
    breakIt: (cache) => withMethods(cache, { set: (key, bytes) => cache.set(key, bytes, 1e12) }),
    caughtBy: /what set stored lives for its ttl/,
  },
  {
    name: "entries end a little early",
    breakIt: (cache) =>
      withMethods(cache, { add: (key, bytes, ttlMs) => cache.add(key, bytes, Math.max(1, ttlMs - 50)) }),
    caughtBy: /what add stored lives for its ttl/,
  },
  {
    name: "a long ttl is taken for an instant",
    breakIt: (cache) =>
      withMethods(cache, {
        async set(key, bytes, ttlMs) {
          if (ttlMs <= 30 * 24 * 3_600_000) return cache.set(key, bytes, ttlMs);
          const token = await cache.set(key, bytes, 1);
          await cache.delete(key, token);
          return token;
        },
      }),
    caughtBy: /a ttl of 40 days/,
  },
  {
    name: "an instant of nothing is for ever",
    breakIt: (cache) =>
      withMethods(cache, {
        add: (key, bytes, ttlMs) => cache.add(key, bytes, ttlMs < 10 ? 1e12 : ttlMs),
      }),
    caughtBy: /a ttl below the step/,
  },
  {
    name: "a byte of a key is lost",
    breakIt: (cache) => withKeys(cache, (key) => key.replace("%", "_")),
    caughtBy: /every byte that a key may have/,
  },
  {
    name: "a byte of an entry is lost",
    breakIt: (cache) =>
      withMethods(cache, {
        set: (key, bytes, ttlMs) =>
          cache.set(
            key,
            bytes.map((byte) => (byte === 0xff ? 0 : byte)),
            ttlMs,
          ),
      }),
    caughtBy: /every byte value is kept/,
  },
  {
    name: "a reply has an end",
    breakIt: (cache) =>
      withMethods(cache, {
        getMany: (keys) => cache.getMany(keys.length > 2 ? keys.slice(1) : keys),
      }),
    caughtBy: /several entries of maxValueBytes/,
  },
  {
    name: "the longest keys are cut",
    breakIt: (cache) => withKeys(cache, (key) => key.slice(0, cache.limits.maxKeyBytes - 1)),
    caughtBy: /a key of exactly maxKeyBytes/,
  },
  {
    name: "the largest entries are refused",
    breakIt: (cache) =>
      withMethods(cache, {
        async add(key, bytes, ttlMs) {
          if (bytes.length < cache.limits.maxValueBytes) return cache.add(key, bytes, ttlMs);
          throw new AsideError("INVALID_VALUE", "too large");
        },
      }),
    caughtBy: /an entry of exactly maxValueBytes/,
  },
  {
    name: "leases are looked for first and taken later",
    breakIt: (cache) =>
      withMethods(cache, {
        async getOrLease(keys, ttlMs) {
          const standing = await cache.getMany(keys);
          await new Promise(setImmediate);
          const leases = keys
            .filter((key) => !standing.has(key))
            .map(async (key) => {
              const bytes = new Uint8Array(0);
              return [key, { bytes, token: await cache.set(key, bytes, ttlMs), leased: true }] as const;
            });
          const found = new Map<string, LeasedEntry>(await Promise.all(leases));
          for (const [key, entry] of standing) found.set(key, { ...entry, leased: false });
          return found;
        },
      }),
    caughtBy: /of fifty callers at once one gets the lease/,
  },
  {
    name: "every reader of a lease takes it for its own",
    breakIt: (cache) => withLeases(cache, (entry) => ({ ...entry, leased: entry.bytes.length === 0 })),
    caughtBy: /an empty entry that somebody stored is no lease/,
  },
  {
    name: "the winner of a lease is not told",
    breakIt: (cache) => withLeases(cache, (entry) => ({ ...entry, leased: false })),
    caughtBy: /a key that holds nothing is leased/,
  },
  {
    name: "a lease comes with a useless token",
    breakIt: (cache) => withLeases(cache, (entry) => ({ ...entry, token: { connection: 0 } })),
    caughtBy: /a key that holds nothing is leased/,
  },
  {
    name: "what stands is not handed out",
    breakIt: (cache) => withLeases(cache, (entry) => (entry.leased ? entry : undefined)),
    caughtBy: /of a hundred keys, every third stored, those are read/,
  },
  {
    name: "leases are not voided by a set",
    breakIt: (cache) => {
      const leases = new Set<CasToken>();
      return withMethods(cache, {
        async getOrLease(keys, ttlMs) {
          const found = await cache.getOrLease(keys, ttlMs);
          for (const { token, leased } of found.values()) if (leased) leases.add(token);
          return found;
        },
        compareAndSet: (key, bytes, ttlMs, token) =>
          leases.has(token) ? cache.set(key, bytes, ttlMs) : cache.compareAndSet(key, bytes, ttlMs, token),
      });
    },
    caughtBy: /a set voids the lease/,
  },
  {
    name: "leases never end",
    breakIt: (cache) => withMethods(cache, { getOrLease: (keys) => cache.getOrLease(keys, 1e12) }),
    caughtBy: /a lease lives for its ttl/,
  },
  {
    name: "looking at a lease prolongs it",
    breakIt: (cache) =>
      withMethods(cache, {
        async getOrLease(keys, ttlMs) {
          const found = await cache.getOrLease(keys, ttlMs);
          for (const [key, { token, leased, bytes }] of found) {
            if (!leased) await cache.compareAndSet(key, bytes, ttlMs, token);
          }
          return found;
        },
      }),
    caughtBy: /a lease lives for its ttl/,
  },
  {
    name: "no keys are an error",
    breakIt: (cache) =>
      withMethods(cache, {
        async getOrLease(keys, ttlMs) {
          if (keys.length === 0) throw new TypeError("no keys");
          return cache.getOrLease(keys, ttlMs);
        },
      }),
    caughtBy: /leases > no keys give an empty result/,
  },
  {
    name: "a key asked for twice is not leased",
    breakIt: (cache) =>
      withMethods(cache, {
        async getOrLease(keys, ttlMs) {
          const found = new Map<string, LeasedEntry>();
          for (const key of keys) {
            for (const [name, entry] of await cache.getOrLease([key], ttlMs)) found.set(name, entry);
          }
          return found;
        },
      }),
    caughtBy: /a key asked for twice in one call is leased once/,
  },
  {
    name: "close leaves calls under way",
    breakIt: (cache) =>
      withMethods(cache, {
        async getMany(keys) {
          await clock.advance(0);
          return cache.getMany(keys);
        },
      }),
    caughtBy: /close settles the calls that are under way/,
  },
  {
    name: "close ends calls without a code",
    breakIt: (cache) =>
      withMethods(cache, {
        add: (key, bytes, ttlMs) =>
          cache.add(key, bytes, ttlMs).finally(() => {
            if (bytes.length === 4) throw new Error("socket hang up");
          }),
      }),
    caughtBy: /close settles the calls that are under way/,
  },
  {
    name: "it goes on after close",
    breakIt: (cache) => withMethods(cache, { close: async () => {}, [Symbol.asyncDispose]: async () => {} }),
    caughtBy: /getMany rejects with CLOSED once closed/,
  },
  {
    name: "it does not survive a second close",
    breakIt: (cache) => {
      let closed = false;
      const close = async () => {
        if (closed) throw new Error("closed already");
        closed = true;
        await cache.close();
      };
      return withMethods(cache, { close, [Symbol.asyncDispose]: close });
    },
    caughtBy: /close is idempotent/,
  },
];

describe("the contract suite for caches", () => {
  it("passes the reference backend", async () => {
    expect(
      await failingTests((runner) =>
        cacheBackendContract(
          runner,
          harnessOf((cache) => cache),
        ),
      ),
    ).toEqual([]);
  });

  it.each(defects)("notices that $name", async ({ breakIt, caughtBy }) => {
    const failing = await failingTests(
      (runner) => cacheBackendContract(runner, harnessOf(breakIt)),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });

  it("notices claims that are not true", async () => {
    const honest = harnessOf((cache) => cache);
    const failing = await failingTests((runner) =>
      cacheBackendContract(runner, {
        ...honest,
        ttlStepMs: 1_000,
        connected: true,
        openSecond: async () => new MemoryCache({ clock }),
      }),
    );
    expect(failing).toContainEqual(expect.stringMatching(/its limits are those of the claim/));
    expect(failing).toContainEqual(expect.stringMatching(/after connect there is a connection/));
    expect(failing).toContainEqual(expect.stringMatching(/see each other's stores/));
  });

  it("notices leases that are not claimed, and those that are but are not there", async () => {
    const honest = harnessOf((cache) => cache);
    const claims = async (harness: CacheBackendHarness) =>
      failingTests((runner) => cacheBackendContract(runner, harness), /leases/);
    expect(await claims({ ...honest, leasing: false })).toContainEqual(
      expect.stringMatching(/it does not take leases, as claimed/),
    );
    const without = harnessOf((cache) =>
      withMethods<CacheBackend>(cache, { getOrLease: undefined } as never),
    );
    expect(await claims(without)).toContainEqual(expect.stringMatching(/a key that holds nothing is leased/));
  });

  describe("for caches with a server that fails", () => {
    const fragile = (
      breakIt: (cache: FragileMemoryCache, server: FragileMemoryServer) => CacheBackend,
    ): CacheBackendHarness => ({
      ...harnessOf((cache) => cache),
      leasing: false,
      connected: true,
      open: async () => new FragileMemoryCache(new FragileMemoryServer(clock)),
      async openFragile() {
        const server = new FragileMemoryServer(clock);
        const neighbour = new FragileMemoryServer(clock);
        const sound = new FragileMemoryCache(server);
        const cache = breakIt(sound, server);
        const other = new FragileMemoryCache(neighbour);
        return {
          cache: withMethods(cache, {
            getMany: (keys, options) => (keys[0]?.startsWith("other") ? other : cache).getMany(keys, options),
            set: (key, bytes, ttlMs, options) =>
              (key.startsWith("other") ? other : cache).set(key, bytes, ttlMs, options),
            delete: (key, token, options) =>
              (key.startsWith("other") ? other : cache).delete(key, token, options),
          }),
          kill: () => server.kill(),
          start: () => server.start(),
          silence: () => server.silence(),
          speak: () => server.speak(),
          freshKey,
          freshKeyElsewhere: () => `other-${freshKey()}`,
          [Symbol.asyncDispose]: () => sound.close(),
        };
      },
    });

    it("passes the reference", async () => {
      const failing = await failingTests((runner) =>
        cacheBackendContract(
          runner,
          fragile((cache) => cache),
        ),
      );
      expect(failing).toEqual([]);
    });

    it.each<{
      readonly name: string;
      readonly breakIt: (cache: FragileMemoryCache, server: FragileMemoryServer) => CacheBackend;
      readonly caughtBy: RegExp;
    }>([
      {
        name: "tokens outlive their server",
        breakIt: (cache) =>
          withMethods(cache, {
            compareAndSet: (key, bytes, ttlMs, token, options) =>
              cache.compareAndSet(key, bytes, ttlMs, { ...token, connection: cache.connection() }, options),
          }),
        caughtBy: /an old token matches nothing of a server that was started anew/,
      },
      {
        name: "calls of a dead server wait for ever",
        breakIt: (cache) =>
          withMethods(cache, {
            set: (key, bytes, ttlMs, options) =>
              cache.set(key, bytes, ttlMs, options).catch(() => new Promise<never>(() => {})),
          }),
        caughtBy: /when the server dies in mid-call/,
      },
      {
        name: "a dead server's calls come back without a code",
        breakIt: (cache) =>
          withMethods(cache, {
            getMany: (keys, options) =>
              cache.getMany(keys, options).catch(() => {
                throw new Error("ECONNRESET");
              }),
          }),
        caughtBy: /when the server dies in mid-call/,
      },
      {
        name: "a dead server's keys are taken for missing",
        breakIt: (cache) =>
          withMethods(cache, {
            getMany: (keys, options) => cache.getMany(keys, options).catch(() => new Map()),
          }),
        caughtBy: /when the server dies in mid-call/,
      },
      {
        name: "it never comes back",
        breakIt: (cache, server) => {
          const check = async () => {
            if (server.boot > 1) throw new AsideError("CACHE_UNAVAILABLE", "given up");
          };
          return withMethods(cache, {
            getMany: async (keys, options) => check().then(() => cache.getMany(keys, options)),
          });
        },
        caughtBy: /when the server dies in mid-call/,
      },
      ...(["add", "set"] as const).map((name) => ({
        name: `${name} is sent again`,
        breakIt: (cache: FragileMemoryCache) => {
          const again = async (key: string, bytes: Uint8Array): Promise<void> => {
            for (let sent = false; !sent; ) {
              await new Promise(setImmediate);
              sent = await cache[name](key, bytes, 60_000).then(
                () => true,
                ({ code }: AsideError) => code === "CLOSED",
              );
            }
          };
          return withMethods<CacheBackend>(cache, {
            [name]: (key: string, bytes: Uint8Array, ttlMs: number, options: CacheCallOptions) => {
              const call = cache[name](key, bytes, ttlMs, options);
              call.catch(() => again(key, bytes));
              return call;
            },
          });
        },
        caughtBy: new RegExp(`${name} that gets no answer rejects by its deadline, and is not sent again`),
      })),
      ...(["getMany", "compareAndSet", "delete"] as const).map((name) => ({
        name: `${name} has a deadline of its own`,
        breakIt: (cache: FragileMemoryCache) =>
          withMethods<CacheBackend>(cache, {
            [name]: (...args: unknown[]) =>
              (cache[name] as (...all: unknown[]) => Promise<unknown>).apply(cache, [
                ...args.slice(0, -1),
                { timeoutMs: 5_000 },
              ]),
          }),
        caughtBy: new RegExp(`${name} that gets no answer rejects by its deadline`),
      })),
      {
        name: "the second call without an answer waits for longer",
        breakIt: (cache) => {
          let timeouts = 0;
          return withMethods(cache, {
            getMany: (keys, options) =>
              cache.getMany(keys, timeouts > 0 ? { timeoutMs: 5_000 } : options).catch((error) => {
                timeouts += 1;
                throw error;
              }),
          });
        },
        caughtBy: /calls that get no answer one after the other/,
      },
      {
        name: "close waits for what never comes",
        breakIt: (cache) => withMethods(cache, { close: () => new Promise(() => {}) }),
        caughtBy: /close while nothing answers/,
      },
    ])("notices that $name", async ({ breakIt, caughtBy }) => {
      const failing = await failingTests(
        (runner) => cacheBackendContract(runner, fragile(breakIt)),
        caughtBy,
      );
      expect(failing).toContainEqual(expect.stringMatching(caughtBy));
    });
  });

  describe("for connected caches", () => {
    const connected = (breakIt: (cache: ConnectedMemoryCache) => CacheBackend): CacheBackendHarness => ({
      ...harnessOf((cache) => cache),
      leasing: false,
      connected: true,
      open: async () => breakIt(new ConnectedMemoryCache(clock)),
    });

    it("passes the reference", async () => {
      const failing = await failingTests((runner) =>
        cacheBackendContract(
          runner,
          connected((cache) => cache),
        ),
      );
      expect(failing).toEqual([]);
    });

    it("notices that an ability is not claimed", async () => {
      const failing = await failingTests((runner) =>
        cacheBackendContract(runner, { ...connected((cache) => cache), connected: false }),
      );
      expect(failing).toContainEqual(expect.stringMatching(/does not have the ability it does not claim/));
    });

    it("notices that tokens are not bound to their connection", async () => {
      const failing = await failingTests((runner) =>
        cacheBackendContract(
          runner,
          connected((cache) =>
            withMethods(cache, {
              compareAndSet: (key, bytes, ttlMs, token) =>
                cache.compareAndSet(key, bytes, ttlMs, { ...token, connection: cache.connection() }),
            }),
          ),
        ),
      );
      expect(failing).toContainEqual(expect.stringMatching(/a token of another connection/));
    });

    it("notices that partitions move", async () => {
      let asked = 0;
      const failing = await failingTests((runner) =>
        cacheBackendContract(
          runner,
          connected((cache) => withMethods(cache, { partitionOf: () => `node-${asked++}` })),
        ),
      );
      expect(failing).toContainEqual(expect.stringMatching(/a key's partition is always the same/));
    });
  });
});
