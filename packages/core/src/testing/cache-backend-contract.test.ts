import { describe, expect, it } from "@jest/globals";
import type { CacheBackend, CacheEntry, CasToken } from "../backend/cache-backend.js";
import { MemoryCache } from "../memory/memory-cache.js";
import type { CacheBackendHarness } from "./cache/cache-harness.js";
import { cacheBackendContract } from "./cache-backend-contract.js";
import { ConnectedMemoryCache } from "./connected-memory-cache.js";
import { ManualClock } from "./manual-clock.js";
import { failingTests, withMethods } from "./recording-runner.js";

const clock = new ManualClock();
let serial = 0;
const freshKey = () => `Key-${serial++}`;
const harnessOf = (breakIt: (cache: MemoryCache) => CacheBackend): CacheBackendHarness => ({
  name: "broken",
  ttlStepMs: 1,
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
    caughtBy: /a ttl of months/,
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

  describe("for connected caches", () => {
    const connected = (breakIt: (cache: ConnectedMemoryCache) => CacheBackend): CacheBackendHarness => ({
      ...harnessOf((cache) => cache),
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
