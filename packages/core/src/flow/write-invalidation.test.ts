import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { StoreEvent } from "../backend/observer.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import { entryKind, kindOf, leaseBytes, newHoldBytes } from "../entry/entry-kind.js";
import { AsideError, isAsideError } from "../errors/aside-error.js";
import { ConnectedMemoryCache } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { Background } from "./background.js";
import { BoundedCache } from "./bounded-cache.js";
import { CacheNodes } from "./cache-nodes.js";
import {
  type Touch,
  WriteInvalidation,
  type WriteInvalidationOptions,
  type WritingStore,
} from "./write-invalidation.js";

/** The rows of a log, at once committed. */
class Rows implements InvalidationLog {
  rows: InvalidationEntry[] = [];
  failing = false;

  async append(entries: readonly InvalidationEntry[]): Promise<void> {
    if (this.failing) throw new AsideError("DATABASE_UNAVAILABLE", "down");
    this.rows.push(...entries);
  }
  async read(): Promise<readonly InvalidationEntry[]> {
    return this.rows;
  }
  async remove(ids: readonly string[]): Promise<void> {
    this.rows = this.rows.filter(({ id }) => !ids.includes(id));
  }
  async oldestAgeMs(): Promise<undefined> {
    return undefined;
  }
  get keys(): string[] {
    return this.rows.map(({ key }) => key);
  }
}

interface Setting {
  readonly clock: ManualClock;
  readonly cache: ConnectedMemoryCache;
  readonly log: Rows;
  readonly background: Background;
  readonly events: StoreEvent[];
  readonly detached: string[];
  readonly store: WritingStore;
  readonly write: Write;
  /** Another transaction, of another process. */
  readonly next: Write;
}

/** A transaction of one store. */
class Write extends WriteInvalidation {
  readonly #store: WritingStore;

  constructor(options: WriteInvalidationOptions, store: WritingStore) {
    super(options);
    this.#store = store;
  }

  override touch(cacheKey: string, touch: Touch, store: WritingStore = this.#store): void {
    super.touch(cacheKey, touch, store);
  }
}

interface StartOptions extends Partial<WritingStore> {
  readonly withoutLog?: boolean;
}

function start({ withoutLog = false, ...options }: StartOptions = {}): Setting {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const events: StoreEvent[] = [];
  const detached: string[] = [];
  const observer = { active: true, emit: (event: StoreEvent) => void events.push(event) };
  const ofNodes = { cache, clock, observer, clean: async () => true, longestPauseMs: 1_000 };
  const background = new Background();
  const log = new Rows();
  const outside: Pick<TransactionScope, "outside"> = { outside: (work) => work() };
  const shared: WriteInvalidationOptions = {
    cache: new BoundedCache(cache, clock),
    nodes: new CacheNodes(ofNodes),
    log: withoutLog ? undefined : log,
    transactions: outside as TransactionScope,
    clock,
  };
  const store: WritingStore = {
    store: "s",
    observer,
    background,
    cacheTimeoutMs: 250,
    holdTtlMs: 9_000,
    whenCacheUnreachable: "log",
    logInvalidations: "derived",
    detach: (keys) => detached.push(...keys),
    ...options,
  };
  const next = new Write({ ...shared, nodes: new CacheNodes(ofNodes) }, store);
  return { clock, cache, log, background, events, detached, store, write: new Write(shared, store), next };
}

async function kindAt(cache: ConnectedMemoryCache, key: string): Promise<string> {
  const entry = (await cache.getMany([key])).get(key);
  return entry === undefined ? "nothing" : kindOf(entry.bytes);
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await turn();
}

const committed = { outcome: "committed" } as const;
const unavailable = new AsideError("CACHE_UNAVAILABLE", "connection lost");

describe("a write", () => {
  it("holds the key before the commit and releases it after, and logs nothing", async () => {
    const { cache, write, log, detached } = start();
    await cache.set("k", Uint8Array.of(entryKind.value), 60_000);
    write.touch("k", "row");
    await write.beforeCommit();
    expect(await kindAt(cache, "k")).toBe("hold");
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("nothing");
    expect(log.keys).toEqual([]);
    expect(detached).toEqual(["k"]);
  });

  it("voids the lease of a reader that has read the old row", async () => {
    const { cache, write } = start();
    const lease = await cache.add("k", leaseBytes, 60_000);
    write.touch("k", "row");
    await write.beforeCommit();
    expect(
      lease && (await cache.compareAndSet("k", Uint8Array.of(entryKind.value), 60_000, lease)),
    ).toBeUndefined();
  });

  it("holds all keys in one round trip", async () => {
    const { cache, write } = start();
    const stops = ["a", "b", "c"].map(() => cache.stopNext("set", "request"));
    for (const key of ["a", "b", "c"]) write.touch(key, "row");
    const holding = write.beforeCommit();
    await Promise.all(stops.map(({ reached }) => reached));
    for (const stop of stops) stop.go();
    await holding;
    expect(cache.calls.set).toBe(3);
  });

  it("needs no hold for a statement that changed no row, but removes what a crash may have left", async () => {
    const { cache, write } = start();
    await cache.set("k", Uint8Array.of(entryKind.value), 60_000);
    write.touch("k", "unchanged");
    await write.beforeCommit();
    expect(await kindAt(cache, "k")).toBe("value");
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("nothing");
  });

  it("releases its keys after a rollback too, and logs none", async () => {
    const { cache, write, log } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.cut();
    await write.afterEnd({ outcome: "rolled-back" });
    expect(log.keys).toEqual([]);
  });

  it("leaves the hold of a later writer of the same key", async () => {
    const { cache, write } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await cache.set("k", newHoldBytes(), 60_000);
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("hold");
  });

  it("removes a value that was filled after its hold was lost", async () => {
    // hold evicted | reader: lease, reads the old row, fills | writer: commits, releases
    const { cache, write } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await cache.set("k", Uint8Array.of(entryKind.value), 60_000);
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("nothing");
  });
});

describe("a transaction that is ending", () => {
  it("refuses a key that is touched only now, which would be neither held nor logged", async () => {
    const { write, cache } = start();
    write.touch("a", "row");
    const setting = cache.stopNext("set", "request");
    const holding = write.beforeCommit();
    await setting.reached;
    expect(() => write.touch("b", "row")).toThrow("await every call");
    setting.go();
    await holding;
  });
});

describe("a derived key", () => {
  it("is logged with the write, and struck from the log once it is released", async () => {
    const { write, log, background, cache } = start();
    write.touch("k", "row");
    write.touch("list", "derived");
    await write.beforeCommit();
    expect(log.keys).toEqual(["list"]);
    expect(await kindAt(cache, "list")).toBe("hold");
    await write.afterEnd(committed);
    await background.idle();
    expect(log.keys).toEqual([]);
  });

  it("stays derived when the same transaction also writes its row", async () => {
    const { write, log } = start();
    write.touch("k", "derived");
    write.touch("k", "row");
    await write.beforeCommit();
    expect(log.keys).toEqual(["k"]);
  });

  it("is told of, once, when its hold is not confirmed, though it stands in the log already", async () => {
    const { write, cache, events } = start();
    cache.cut();
    write.touch("k", "row");
    write.touch("list", "derived");
    await write.beforeCommit();
    expect(events.filter(({ type }) => type === "hold-unconfirmed")).toEqual([
      { type: "hold-unconfirmed", store: "s", keys: 2 },
    ]);
  });

  it("is told of when its release is not confirmed, though it stands in the log already", async () => {
    const { write, cache, events, log } = start();
    write.touch("list", "derived");
    await write.beforeCommit();
    cache.cut();
    await write.afterEnd(committed);
    expect(log.keys).toEqual(["list"]);
    expect(events).toContainEqual({ type: "release-unconfirmed", store: "s", keys: 1 });
  });

  it("is no exception where every key is to be logged", async () => {
    const { write, log } = start({ logInvalidations: "always" });
    write.touch("k", "row");
    await write.beforeCommit();
    expect(log.keys).toEqual(["k"]);
  });
});

describe("a hold that is not confirmed", () => {
  it("puts the key into the log before the commit", async () => {
    const { write, log, cache, events } = start();
    cache.cut();
    write.touch("k", "row");
    await write.beforeCommit();
    expect(log.keys).toEqual(["k"]);
    expect(events).toContainEqual({ type: "hold-unconfirmed", store: "s", keys: 1 });
  });

  it("costs the write one deadline", async () => {
    const { write, log, cache, clock } = start();
    cache.stopNext("set", "request");
    write.touch("k", "row");
    const holding = write.beforeCommit();
    await clock.advance(250);
    await holding;
    expect(log.keys).toEqual(["k"]);
  });

  it("is left alone when it arrives after all: it may stand over the hold of the next writer", async () => {
    const { write, next, cache, clock } = start();
    const late = cache.stopNext("set", "request");
    write.touch("k", "row");
    const holding = write.beforeCommit();
    await clock.advance(250);
    await holding;
    next.touch("k", "row");
    await next.beforeCommit();
    late.go();
    await settle();
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("hold");
  });

  it("is also one whose connection broke before the commit", async () => {
    // writer: hold of a confirmed | node restarts, both holds are gone | writer: hold of b confirmed over the new connection
    const { write, log, cache } = start();
    write.touch("a", "row");
    write.touch("b", "row");
    const second = cache.stopNext("set", "request");
    const third = cache.stopNext("set", "request");
    const holding = write.beforeCommit();
    await second.reached;
    second.go();
    await third.reached;
    await settle();
    cache.restart();
    third.go();
    await holding;
    expect(log.keys).toContain("a");
  });

  it("fails the write where the store is set to reject, with nothing committed", async () => {
    const { write, log, cache } = start({ whenCacheUnreachable: "reject" });
    cache.cut();
    write.touch("k", "row");
    const refusal = await write.beforeCommit().catch((error: unknown) => error);
    expect(isAsideError(refusal, "CACHE_UNAVAILABLE")).toBe(true);
    expect((refusal as AsideError).committed).toBe(false);
    expect(log.keys).toEqual([]);
  });

  it("lets the write go on where there is no log", async () => {
    const { write, cache } = start({ withoutLog: true });
    cache.cut();
    write.touch("k", "row");
    await expect(write.beforeCommit()).resolves.toBeUndefined();
  });
});

describe("a release that is not confirmed", () => {
  it("puts the key into the log before the caller is resolved", async () => {
    const { write, log, cache, events } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.cut();
    await write.afterEnd(committed);
    expect(log.keys).toEqual(["k"]);
    expect(events).toContainEqual({ type: "release-unconfirmed", store: "s", keys: 1 });
  });

  it("is not logged twice where the hold was logged already", async () => {
    const { write, log, cache } = start();
    cache.cut();
    write.touch("k", "row");
    await write.beforeCommit();
    await write.afterEnd(committed);
    expect(log.keys).toEqual(["k"]);
  });

  it("costs the write one deadline", async () => {
    const { write, log, cache, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.stopNext("delete", "request");
    let resolved = false;
    const ending = write.afterEnd(committed).then(() => {
      resolved = true;
    });
    await clock.advance(249);
    expect(resolved).toBe(false);
    await clock.advance(1);
    await ending;
    expect(log.keys).toEqual(["k"]);
  });

  it("is tried again and again when it cannot be logged either", async () => {
    const { write, log, cache, clock, background, events, detached } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.cut();
    log.failing = true;
    await write.afterEnd(committed);
    detached.length = 0;
    expect(events).toContainEqual({ type: "log-failed", store: "s", keys: 1 });
    cache.restore();
    await cache.connect();
    await cache.set("k", Uint8Array.of(entryKind.value), 600_000);
    await clock.advance(10_000);
    await background.idle();
    expect(await kindAt(cache, "k")).toBe("nothing");
    expect(detached).toEqual(["k"]); // for near caches that have taken it from the cache meanwhile
  });
});

describe("a committed write", () => {
  const told = (events: readonly StoreEvent[]): StoreEvent[] =>
    events.filter(({ type }) => type === "invalidation");

  it("tells how many of its keys were held, and released", async () => {
    const { write, events, cache } = start();
    write.touch("k", "row");
    write.touch("list", "derived");
    write.touch("gone", "unchanged");
    await write.beforeCommit();
    expect(told(events)).toEqual([]);
    await cache.set("list", Uint8Array.of(0x7a), 60_000);
    await write.afterEnd(committed);
    expect(told(events)).toEqual([{ type: "invalidation", store: "s", keys: 3, held: 2, released: 2 }]);
  });

  it("does not count a hold whose connection broke before the commit", async () => {
    const { write, events, cache } = start();
    cache.cut();
    write.touch("k", "row");
    await write.beforeCommit();
    await write.afterEnd(committed);
    expect(told(events)).toEqual([{ type: "invalidation", store: "s", keys: 1, held: 0, released: 0 }]);
  });

  it("tells each store of its own keys only", async () => {
    const { write, store, events } = start();
    write.touch("a", "row");
    write.touch("b", "row", { ...store, store: "t" });
    write.touch("c", "row", { ...store, store: "u", observer: { active: false, emit: store.observer.emit } });
    await write.beforeCommit();
    await write.afterEnd(committed);
    expect(told(events)).toEqual([
      { type: "invalidation", store: "s", keys: 1, held: 1, released: 1 },
      { type: "invalidation", store: "t", keys: 1, held: 1, released: 1 },
    ]);
  });

  it("is the only one that tells: nothing was invalidated by a rollback", async () => {
    const { write, events } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await write.afterEnd({ outcome: "rolled-back" });
    expect(told(events)).toEqual([]);
  });
});

describe("a hold", () => {
  it("is renewed for as long as the transaction runs", async () => {
    const { write, cache, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await clock.advance(60_000);
    expect(await kindAt(cache, "k")).toBe("hold");
    await write.afterEnd(committed);
    expect(await kindAt(cache, "k")).toBe("nothing");
  });

  it("is set anew when it was lost", async () => {
    const { write, cache, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.restart();
    await clock.advance(6_500);
    expect(await kindAt(cache, "k")).toBe("hold");
  });

  it("is not put back by a renewal that was under way when it was released", async () => {
    const { write, cache, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    cache.restart(); // the hold is lost, so the renewal sets it anew
    const renewal = cache.stopNext("add", "request");
    await clock.advance(3_000);
    await renewal.reached;
    const ending = write.afterEnd(committed);
    await settle();
    renewal.go();
    await ending;
    expect(await kindAt(cache, "k")).toBe("nothing");
    await clock.advance(60_000);
    expect(await kindAt(cache, "k")).toBe("nothing");
  });

  it.each([
    ["its commit is confirmed late", false],
    ["the outcome of its commit is unknown", true],
  ])("leaves the next writer's hold alone when %s", async (_, unknown) => {
    // first: committed, does not know it yet | next: row lock, hold | first: renewal | first: released | next: commits in the open?
    const { write, next, cache, clock, background, log } = start();
    let gone!: (how: "gone") => void;
    const settled = new Promise<"gone">((resolve) => {
      gone = resolve;
    });
    write.touch("k", "row");
    await write.beforeCommit();
    if (unknown) await write.afterEnd({ outcome: "unknown", settled });
    await clock.advance(2_900);
    next.touch("k", "row");
    await next.beforeCommit();
    await clock.advance(200);
    if (unknown) gone("gone");
    else await write.afterEnd(committed);
    await settle();
    expect(await kindAt(cache, "k")).toBe("hold");
    await next.afterEnd(committed);
    await background.idle();
    expect(await kindAt(cache, "k")).toBe("nothing");
    expect(log.keys).toEqual([]);
  });

  it("is put back over a value or a lease that took its place", async () => {
    const { write, cache, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await cache.set("k", leaseBytes, 60_000);
    await clock.advance(3_100);
    expect(await kindAt(cache, "k")).toBe("hold");
  });

  it("counts as unconfirmed when it was confirmed so late that it may have run out", async () => {
    const { write, cache, clock, log } = start({ cacheTimeoutMs: 5_000, holdTtlMs: 9_000 });
    const setting = cache.stopNext("set", "reply");
    write.touch("k", "row");
    const holding = write.beforeCommit();
    await setting.reached;
    await clock.advance(3_000);
    setting.go();
    await holding;
    expect(log.keys).toEqual(["k"]);
  });

  it("leaves no timer behind once it is released", async () => {
    const { write, clock } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    await write.afterEnd(committed);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a commit of unknown outcome", () => {
  it("keeps the hold, renewed, until the lost session is gone, then releases it", async () => {
    // COMMIT under way, connection lost | hold runs out | reader fills the old row | the database commits after all
    const { write, cache, clock, background, log } = start();
    let gone!: (how: "gone") => void;
    const settled = new Promise<"gone">((resolve) => {
      gone = resolve;
    });
    write.touch("k", "row");
    await write.beforeCommit();
    await write.afterEnd({ outcome: "unknown", settled });
    await clock.advance(30_000);
    expect(await kindAt(cache, "k")).toBe("hold");
    gone("gone");
    await background.idle();
    expect(await kindAt(cache, "k")).toBe("nothing");
    expect(log.keys).toEqual([]);
  });

  it("logs the key before it releases it, and leaves the row to the relay, where the session was not seen to end", async () => {
    const { write, cache, background, log } = start();
    write.touch("k", "row");
    await write.beforeCommit();
    const releasing = cache.stopNext("delete", "request");
    await write.afterEnd({ outcome: "unknown", settled: Promise.resolve("waited") });
    await releasing.reached;
    expect(log.keys).toEqual(["k"]);
    releasing.fail(unavailable);
    await background.idle();
    expect(await kindAt(cache, "k")).toBe("nothing");
    expect(log.keys).toEqual(["k"]);
  });
});
