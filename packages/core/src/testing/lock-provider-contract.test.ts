import { describe, expect, it } from "@jest/globals";
import type { AcquireOptions, Lock, LockProvider } from "../backend/lock-provider.js";
import { isAsideError } from "../errors/aside-error.js";
import { MemoryLock } from "../memory/memory-lock.js";
import { FragileLink, statementTimeoutMs } from "./fragile-link.js";
import type { LockProviderHarness } from "./lock/lock-harness.js";
import { lockProviderContract } from "./lock-provider-contract.js";
import { ManualClock } from "./manual-clock.js";
import { failingTests, withMethods } from "./recording-runner.js";

const clock = new ManualClock();
let serial = 0;
const harnessOf = (breakIt: (locks: MemoryLock) => LockProvider): LockProviderHarness => ({
  name: "broken",
  clock,
  fencing: true,
  open: async () => ({ locks: breakIt(new MemoryLock({ clock })), async [Symbol.asyncDispose]() {} }),
  freshName: () => `Lock-${serial++}`,
});

/** What the broken providers do to locks on their way out. */
const withLocks = (locks: MemoryLock, change: (lock: Lock) => Lock): LockProvider =>
  withMethods<LockProvider>(locks, {
    async acquire(name, options) {
      const lock = await locks.acquire(name, options);
      return lock && change(lock);
    },
  });

const defects: ReadonlyArray<{
  readonly name: string;
  readonly breakIt: (locks: MemoryLock) => LockProvider;
  readonly caughtBy: RegExp;
}> = [
  {
    name: "everybody gets the lock",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(`${name}-${serial++}`, options),
      }),
    caughtBy: /of twenty that do not wait one gets the lock/,
  },
  {
    name: "names lose their case",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(name.toLowerCase(), options),
      }),
    caughtBy: /locks of different names do not know each other/,
  },
  {
    name: "names lose their control characters",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        async acquire(name, options) {
          const lock = await locks.acquire(name.replace("\u0008", ""), options);
          return lock && withMethods(lock, { name });
        },
      }),
    caughtBy: /names may have every character/,
  },
  {
    name: "fencing tokens stand still",
    breakIt: (locks) => withLocks(locks, (lock) => withMethods(lock, { fencingToken: 7n })),
    caughtBy: /the fencing token grows with each grant/,
  },
  {
    name: "a release frees whoever holds the lock",
    breakIt: (locks) => {
      const holders = new Map<string, Lock>();
      return withLocks(locks, (lock) => {
        holders.set(lock.name, lock);
        return withMethods(lock, { release: () => (holders.get(lock.name) ?? lock).release() });
      });
    },
    caughtBy: /the release of a holder that ran out does not free the lock of the next one/,
  },
  {
    name: "it does not wait",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(name, { ...options, waitMs: 0 }),
      }),
    caughtBy: /one that waits gets the lock once it is released/,
  },
  {
    name: "it goes on waiting when its caller has given up",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(name, { ...options, signal: undefined }),
      }),
    caughtBy: /one that gives up rejects with the signal's reason/,
  },
  {
    name: "nobody is told of a loss",
    breakIt: (locks) =>
      withLocks(locks, (lock) => withMethods(lock, { signal: new AbortController().signal })),
    caughtBy: /a holder whose lock ran out is told by its signal/,
  },
  {
    name: "a release looks like a loss",
    breakIt: (locks) =>
      withLocks(locks, (lock) => {
        const controller = new AbortController();
        const release = async () => {
          controller.abort();
          await lock.release();
        };
        return withMethods(lock, { signal: controller.signal, release });
      }),
    caughtBy: /a released lock is free/,
  },
  {
    name: "a lost lock is extended without a word",
    breakIt: (locks) =>
      withLocks(locks, (lock) =>
        withMethods(lock, { extend: (ttlMs) => lock.extend(ttlMs).catch(() => {}) }),
      ),
    caughtBy: /a holder whose lock was taken over cannot extend/,
  },
  {
    name: "extending changes nothing",
    breakIt: (locks) => withLocks(locks, (lock) => withMethods(lock, { extend: async () => {} })),
    caughtBy: /an extended lock lives on for its new ttl/,
  },
  {
    name: "a lock never ends",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(name, { ...options, ttlMs: 1e9 }),
      }),
    caughtBy: /a lock that runs out goes to the one that waits/,
  },
  {
    name: "a lock ends a little early",
    breakIt: (locks) =>
      withMethods<LockProvider>(locks, {
        acquire: (name, options) => locks.acquire(name, { ...options, ttlMs: options.ttlMs - 50 }),
      }),
    caughtBy: /not before its ttl less a step/,
  },
];

/** Locks in memory behind a server that can be broken, and which forgets them when it starts anew, as memcached does. */
const fragileHarnessOf = (breakIt: (locks: LockProvider) => LockProvider): LockProviderHarness => ({
  ...harnessOf((locks) => locks),
  async openFragile() {
    const link = new FragileLink(clock);
    let inner = new MemoryLock({ clock });
    const asked = async (name: string, options: AcquireOptions): Promise<Lock | undefined> => {
      const endsAtMs = clock.monotonicMs() + options.waitMs;
      for (;;) {
        const lock = await link.call(() => inner.acquire(name, { ...options, waitMs: 0 }));
        if (lock !== undefined) {
          return withMethods(lock, {
            extend: (ttlMs) => link.call(() => lock.extend(ttlMs)),
            release: () => link.call(() => lock.release()).catch(() => undefined),
          });
        }
        if (clock.monotonicMs() >= endsAtMs) return undefined;
        await new Promise<void>((resolve) => clock.after(20, resolve));
      }
    };
    const locks: LockProvider = { fencing: true, acquire: asked };
    return {
      locks: breakIt(locks),
      deadlineMs: statementTimeoutMs + 50,
      kill: () => link.kill(),
      async start() {
        inner = new MemoryLock({ clock });
        await link.start();
      },
      silence: () => link.silence(),
      speak: () => link.speak(),
      async [Symbol.asyncDispose]() {},
    };
  },
});

const acquiring = (locks: LockProvider, acquire: LockProvider["acquire"]): LockProvider =>
  withMethods<LockProvider>(locks, { acquire });

const faultDefects: ReadonlyArray<{
  readonly name: string;
  readonly breakIt: (locks: LockProvider) => LockProvider;
  readonly caughtBy: RegExp;
}> = [
  {
    name: "a lock is granted that nobody knows of",
    breakIt: (locks) =>
      acquiring(locks, (name, options) =>
        locks.acquire(name, options).catch(() => new MemoryLock({ clock }).acquire(name, options)),
      ),
    caughtBy: /nobody gets a lock while the server is dead/,
  },
  {
    name: "an acquisition is sent again",
    breakIt: (locks) =>
      acquiring(locks, (name, options) => {
        const taking = locks.acquire(name, options);
        const again = () => locks.acquire(name, options);
        taking
          .catch(again)
          .catch(again)
          .catch(() => undefined);
        return taking;
      }),
    caughtBy: /nobody gets a lock while nothing answers/,
  },
  {
    name: "a server that is gone is waited for",
    breakIt: (locks) =>
      acquiring(locks, (name, options) => locks.acquire(name, options).catch(() => new Promise(() => {}))),
    caughtBy: /one that waits for a lock is told by the deadline when the server is dead/,
  },
  {
    name: "an extension that was not confirmed is taken for done",
    breakIt: (locks) =>
      acquiring(locks, async (name, options) => {
        const lock = await locks.acquire(name, options);
        return lock && withMethods(lock, { extend: (ttlMs) => lock.extend(ttlMs).catch(() => {}) });
      }),
    caughtBy: /a holder cannot extend while nothing answers/,
  },
  {
    name: "a release waits for the server",
    breakIt: (locks) =>
      acquiring(locks, async (name, options) => {
        const lock = await locks.acquire(name, options);
        const release = async (): Promise<void> => {
          const extending = await lock?.extend(60_000).catch((error: unknown) => error);
          if (isAsideError(extending)) await new Promise(() => {});
        };
        return lock && withMethods(lock, { release });
      }),
    caughtBy: /a holder cannot extend while the server is dead; its release settles/,
  },
  {
    name: "a release frees the name, whoever holds it",
    breakIt: (locks) => {
      const holders = new Map<string, Lock>();
      return acquiring(locks, async (name, options) => {
        const lock = await locks.acquire(name, options);
        if (lock === undefined) return undefined;
        holders.set(name, lock);
        return withMethods(lock, { release: () => (holders.get(name) ?? lock).release() });
      });
    },
    caughtBy: /a holder of before a restart of the server does not release/,
  },
];

describe("the contract suite for locks with a server that fails", () => {
  it("passes the reference", async () => {
    const failing = await failingTests((runner) =>
      lockProviderContract(
        runner,
        fragileHarnessOf((locks) => locks),
      ),
    );
    expect(failing).toEqual([]);
  });

  it.each(faultDefects)("notices that $name", async ({ breakIt, caughtBy }) => {
    const failing = await failingTests(
      (runner) => lockProviderContract(runner, fragileHarnessOf(breakIt)),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });
});

describe("the contract suite for locks", () => {
  it("passes the reference provider", async () => {
    const failing = await failingTests((runner) =>
      lockProviderContract(
        runner,
        harnessOf((locks) => locks),
      ),
    );
    expect(failing).toEqual([]);
  });

  it.each(defects)("notices that $name", async ({ breakIt, caughtBy }) => {
    const failing = await failingTests(
      (runner) => lockProviderContract(runner, harnessOf(breakIt)),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });

  it("notices claims that are not true", async () => {
    const failing = await failingTests((runner) =>
      lockProviderContract(runner, {
        ...harnessOf((locks) => locks),
        fencing: false,
        openSecond: async () => ({ locks: new MemoryLock({ clock }), async [Symbol.asyncDispose]() {} }),
      }),
    );
    expect(failing).toContainEqual(expect.stringMatching(/it says of itself whether it fences/));
    expect(failing).toContainEqual(expect.stringMatching(/two clients exclude each other/));
  });
});
