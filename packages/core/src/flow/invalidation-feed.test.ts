import { describe, expect, it } from "@jest/globals";
import type { InvalidationBus, Unsubscribe } from "../backend/invalidation-bus.js";
import { MemoryInvalidationBus } from "../memory/memory-invalidation-bus.js";
import { ManualClock } from "../testing/manual-clock.js";
import { InvalidationFeed, joinFeed } from "./invalidation-feed.js";
import { NearCache } from "./near-cache.js";

/** A bus whose messages a test can lose, by sender and receiver. */
class LossyBus implements InvalidationBus {
  readonly #inner: MemoryInvalidationBus;
  deaf = false;
  mute = false;
  broken = false;
  subscriptions = 0;

  constructor(inner: MemoryInvalidationBus) {
    this.#inner = inner;
  }

  publish(message: string): Promise<void> {
    if (this.broken) throw new Error("broken");
    return this.mute ? Promise.reject(new Error("mute")) : this.#inner.publish(message);
  }

  subscribe(receive: (message: string) => void): Unsubscribe {
    this.subscriptions += 1;
    const unsubscribe = this.#inner.subscribe((message) => {
      if (!this.deaf) receive(message);
    });
    return () => {
      this.subscriptions -= 1;
      unsubscribe();
    };
  }
}

function start() {
  const clock = new ManualClock();
  const wire = new MemoryInvalidationBus();
  const processes = [0, 1].map(() => {
    const bus = new LossyBus(wire);
    const near = new NearCache({ clock, ttlMs: 3_600_000, maxEntries: 100, maxBytes: 1_000_000 });
    const feed = new InvalidationFeed(bus, clock);
    feed.add(near);
    return { bus, near, feed };
  });
  const [one, other] = processes as [(typeof processes)[0], (typeof processes)[0]];
  return { clock, wire, one, other };
}

function put(near: NearCache, id: string): void {
  near.put(
    { id, key: { key: id, cacheKey: id, hashed: false }, seedKeys: [] },
    {
      envelope: {
        text: "v",
        version: undefined,
        staleAtMs: Number.MAX_SAFE_INTEGER,
        expiresAtMs: undefined,
        rowExpiresAtMs: undefined,
        graceUntilMs: undefined,
        refreshingUntilMs: undefined,
      },
      value: undefined,
    },
    { askedAt: Number.MAX_SAFE_INTEGER, askedAtMs: 0 },
  );
}

describe("an invalidation feed", () => {
  it("drops what another process invalidated, and nothing else", async () => {
    const { clock, one, other } = start();
    await clock.advance(1_000); // by then they have heard of each other
    put(other.near, "a");
    put(other.near, "b");
    one.feed.publish(["a"]);
    expect(other.near.get("a")).toBeUndefined();
    expect(other.near.get("b")).toBeDefined();
  });

  it("outlasts a bus that throws instead of rejecting", async () => {
    const { clock, one, other } = start();
    one.bus.broken = true;
    put(other.near, "a");
    one.feed.publish(["a"]); // by a writer, who must not get to know
    await clock.advance(1_000); // by the timer
    one.bus.broken = false;
    await clock.advance(1_000);
    expect(other.near.size).toBe(0);
  });

  it("drops everything at a gap, and goes on", () => {
    const { one, other } = start();
    put(other.near, "a");
    put(other.near, "b");
    other.bus.deaf = true;
    one.feed.publish(["a"]);
    other.bus.deaf = false;
    one.feed.publish(["c"]);
    expect(other.near.size).toBe(0);
    put(other.near, "a");
    one.feed.publish(["c"]);
    expect(other.near.get("a")).toBeDefined();
  });

  it("drops everything at the first sign of life after a message that could not be sent", async () => {
    const { clock, one, other } = start();
    put(other.near, "a");
    one.bus.mute = true;
    one.feed.publish(["a"]);
    one.bus.mute = false;
    await clock.advance(1_000);
    expect(other.near.size).toBe(0);
  });

  it("drops everything once when another process falls silent, and takes entries again", async () => {
    const { clock, one, other } = start();
    await clock.advance(1_000);
    one.bus.mute = true;
    put(other.near, "a");
    await clock.advance(5_000);
    expect(other.near.size).toBe(0);
    put(other.near, "a");
    await clock.advance(60_000);
    expect(other.near.get("a")).toBeDefined();
  });

  it("drops everything when it hears of a process that has sent before", () => {
    const { clock, wire, one } = start();
    const late = new NearCache({ clock, ttlMs: 1_000, maxEntries: 100, maxBytes: 1_000_000 });
    one.feed.publish(["x"]);
    const feed = new InvalidationFeed(wire, clock);
    feed.add(late);
    put(late, "a");
    one.feed.publish([]);
    expect(late.size).toBe(0);
  });

  it("keeps the near cache empty while the own messages are not heard", async () => {
    const { clock, other } = start();
    put(other.near, "a");
    other.bus.deaf = true;
    await clock.advance(6_000);
    expect(other.near.size).toBe(0);
    put(other.near, "a");
    expect(other.near.size).toBe(0);
    other.bus.deaf = false;
    await clock.advance(1_000);
    put(other.near, "a");
    expect(other.near.size).toBe(1);
  });

  it("starts with an empty near cache where the bus is silent from the beginning", () => {
    const clock = new ManualClock();
    const near = new NearCache({ clock, ttlMs: 1_000, maxEntries: 100, maxBytes: 1_000_000 });
    const bus = new LossyBus(new MemoryInvalidationBus());
    bus.deaf = true;
    new InvalidationFeed(bus, clock).add(near);
    put(near, "a");
    expect(near.size).toBe(0);
  });

  it("drops everything at a message that it cannot read", async () => {
    const { wire, other } = start();
    for (const odd of [
      "",
      "{",
      "null",
      "[]",
      '{"from":1,"number":1,"names":[]}',
      '{"from":"x","number":1.5,"names":[]}',
    ]) {
      put(other.near, "a");
      await wire.publish(odd);
      expect(other.near.size).toBe(0);
    }
  });

  it("is shared by the near caches of one bus, and ends with the last of them", async () => {
    const clock = new ManualClock();
    const bus = new LossyBus(new MemoryInvalidationBus());
    const nears = [0, 1].map(
      () => new NearCache({ clock, ttlMs: 1_000, maxEntries: 9, maxBytes: 1_000_000 }),
    );
    const joined = nears.map((near) => joinFeed(bus, clock, near));
    expect(bus.subscriptions).toBe(1);
    put(nears[1] as NearCache, "a");
    joined[0]?.publish(["a"]);
    expect(nears[1]?.size).toBe(0);
    joined[0]?.leave();
    expect(bus.subscriptions).toBe(1);
    joined[1]?.leave();
    expect(bus.subscriptions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
