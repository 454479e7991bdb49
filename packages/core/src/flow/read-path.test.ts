import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { cacheKey, key, loadOf, Process, Row, removeFrom } from "../../test-support/reading-process.js";
import { EncodedValue } from "../entry/encoded-value.js";
import { entryKind, leaseBytes, newHoldBytes } from "../entry/entry-kind.js";
import { richJsonCodec } from "../entry/rich-json-codec.js";
import { AsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";
import type { Background } from "./background.js";
import type { Loaded } from "./load.js";

const clock = new ManualClock();
let background: Background | undefined;
afterEach(async () => {
  await background?.idle();
});

function start(): { cache: SteppedCache; row: Row; one: Process; other: Process; memory: MemoryCache } {
  const memory = new MemoryCache({ clock });
  const cache = new SteppedCache(memory);
  const one = new Process(cache, clock);
  background = one.background;
  return { memory, cache, row: new Row(), one, other: new Process(memory, clock) };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await turn();
}

describe("a read", () => {
  it("loads once and is served by the cache from then on", async () => {
    const { row, one } = start();
    expect(await one.read(row)).toBe("v0");
    await one.background.idle();
    expect(await one.read(row)).toBe("v0");
    expect(row.loads).toBe(1);
  });

  it("remembers known absence", async () => {
    const { row, one } = start();
    row.text = undefined;
    expect(await one.read(row)).toBeUndefined();
    await one.background.idle();
    expect(await one.read(row)).toBeUndefined();
    expect(row.loads).toBe(1);
  });

  it("shares one question to the cache and one load with all callers of the same tick", async () => {
    const { row, one, cache } = start();
    expect(await Promise.all([one.read(row), one.read(row), one.read(row)])).toEqual(["v0", "v0", "v0"]);
    expect(row.loads).toBe(1);
    expect(cache.calls.getMany).toBe(1);
  });

  it("does not cache what has a ttl of 0, and gives its lease back", async () => {
    const { row, one, memory } = start();
    row.ttlMs = 0;
    await one.read(row);
    await one.background.idle();
    expect(memory.entryCount).toBe(0);
  });

  it("does not send what is larger than the cache takes, and gives its lease back", async () => {
    const memory = new MemoryCache({ clock, maxValueBytes: 1_000 });
    const one = new Process(memory, clock);
    const row = new Row();
    row.text = "x".repeat(1_000);
    expect(await one.read(row)).toHaveLength(1_000);
    await one.background.idle();
    expect(memory.entryCount).toBe(0);
    expect(one.events).toContainEqual({ type: "fill", store: "s", stored: false });
  });

  it("passes the error of a load to every caller as it is, caches nothing and leaves no lease", async () => {
    const { one, memory } = start();
    const failure = new Error("no such table");
    const failing = new Row();
    const load = (): Promise<Loaded> => Promise.reject(failure);
    const reads = [one.reads.read(key, [], loadOf(load)), one.reads.read(key, [], loadOf(load))];
    for (const result of await Promise.allSettled(reads))
      expect(result).toEqual({ status: "rejected", reason: failure });
    await one.background.idle();
    expect(memory.entryCount).toBe(0);
    expect(await one.read(failing)).toBe("v0");
  });
});

describe("a fill", () => {
  it("is refused when the key was written between the lease and the fill", async () => {
    // reader: miss, lease, reads v0 | writer: commits v1, removes what stands | reader: fills v0
    const { row, one, other, memory } = start();
    const reply = row.stopNextReply();
    const read = one.read(row);
    await settle();
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    reply.go();
    expect(await read).toBe("v0"); // it began before the write ended
    await one.background.idle();
    expect(memory.entryCount).toBe(0);
    expect(await one.read(row)).toBe("v1");
  });

  it("is refused when another reader has taken the lease meanwhile", async () => {
    const { row, one, other, memory } = start();
    const reply = row.stopNextReply();
    const slow = one.read(row);
    await settle();
    expect(await removeFrom(memory, other)).toBe(true);
    row.text = "v1";
    expect(await other.read(row)).toBe("v1");
    await other.background.idle();
    reply.go();
    await slow;
    await one.background.idle();
    expect(await other.read(row)).toBe("v1");
    expect(row.loads).toBe(2);
  });

  it("replaces an odd entry only if it is still there", async () => {
    const { row, one, memory } = start();
    await memory.set(cacheKey, Uint8Array.of(entryKind.value, 99, 1, 2, 3), 60_000);
    expect(await one.read(row)).toBe("v0");
    await one.background.idle();
    expect(await one.read(row)).toBe("v0");
    expect(row.loads).toBe(1);
  });

  it("keeps the right to fill through a load that outlasts the lease's ttl", async () => {
    const { row, one } = start();
    const reply = row.stopNextReply();
    const read = one.read(row);
    await clock.advance(30_000);
    reply.go();
    await read;
    await one.background.idle();
    await one.read(row);
    expect(row.loads).toBe(1);
  });

  it("loses the right when a renewal is not confirmed", async () => {
    const { row, one, cache, memory } = start();
    const reply = row.stopNextReply();
    const read = one.read(row);
    await settle();
    const renewal = cache.stopNext("compareAndSet", "request");
    await clock.advance(3_000);
    await renewal.reached;
    renewal.fail(new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    await settle();
    reply.go();
    await read;
    await one.background.idle();
    // Whether the lease's token is the old or a new one is not known any more, so nothing may be stored.
    const entry = (await memory.getMany([cacheKey])).get(cacheKey);
    expect(entry?.bytes).toEqual(leaseBytes);
  });
});

describe("what may be shared", () => {
  it("a cache answer does not go to a caller that came after the question was sent", async () => {
    // leader: its get is answered with v0, reply under way | writer: commits v1, invalidates, resolves | caller: comes now
    const { row, one, other, cache, memory } = start();
    await one.read(row);
    await one.background.idle();
    const get = cache.stopNext("getMany", "reply");
    const leader = one.read(row);
    await get.reached;
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    const late = one.read(row);
    get.go();
    expect(await leader).toBe("v0");
    expect(await late).toBe("v1");
  });

  it("a database answer does not go to a caller that came after the read was issued, if the fill was refused", async () => {
    // leader: reads v0 | writer: commits v1, invalidates, resolves | caller: joins the load | leader: fill refused
    const { row, one, other, memory } = start();
    const reply = row.stopNextReply();
    const leader = one.read(row);
    await settle();
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    const late = one.read(row);
    await settle();
    expect(row.loads).toBe(1);
    reply.go();
    expect(await leader).toBe("v0");
    expect(await late).toBe("v1");
  });

  it("a database answer goes to a caller that came before the fill was sent, if the fill was stored", async () => {
    const { row, one } = start();
    const reply = row.stopNextReply();
    const leader = one.read(row);
    await settle();
    const late = one.read(row);
    reply.go();
    expect(await Promise.all([leader, late])).toEqual(["v0", "v0"]);
    expect(row.loads).toBe(1);
  });

  it("a database answer does not go to a caller that came after the fill was sent, though it was stored", async () => {
    // leader: its fill is stored, reply under way | writer: commits v1, invalidates, resolves | caller: comes now
    const { row, one, other, cache, memory } = start();
    const fill = cache.stopNext("compareAndSet", "reply");
    const leader = one.read(row);
    await fill.reached;
    expect(await leader).toBe("v0");
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    const late = one.read(row);
    fill.go();
    expect(await late).toBe("v1");
  });

  it("a caller that comes after the key was detached starts a load of its own", async () => {
    const { row, one, memory, other } = start();
    const reply = row.stopNextReply();
    const before = one.read(row);
    await settle();
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    one.reads.detach([cacheKey]);
    const after = one.read(row);
    expect(await after).toBe("v1");
    reply.go();
    expect(await before).toBe("v0");
  });

  it("a caller waits for two loads at most, however many writes come in between", async () => {
    const { row, one, other, memory } = start();
    const first = row.stopNextReply();
    const leader = one.read(row);
    await settle();
    const late = one.read(row);
    expect(await removeFrom(memory, other)).toBe(true);
    const second = row.stopNextReply();
    first.go();
    await leader;
    await settle();
    row.text = "v1"; // after the second read was issued
    expect(await removeFrom(memory, other)).toBe(true);
    second.go();
    expect(await late).toBe("v0");
    expect(row.loads).toBe(2);
  });
});

describe("waiting", () => {
  it("for leases takes leaseWaitMs in all, however often the lease changes hands", async () => {
    const { row, one, memory, cache } = start();
    await memory.set(cacheKey, leaseBytes, 300);
    const adding = cache.stopNext("add", "request");
    const read = one.read(row);
    await clock.advance(400); // the lease has run out; this read tries to take the next one
    await adding.reached;
    await memory.add(cacheKey, leaseBytes, 60_000); // and somebody is faster
    adding.go();
    await clock.advance(599);
    expect(row.loads).toBe(0);
    await clock.advance(10);
    expect(await read).toBe("v0");
  });

  // A flight that went on over hits once came to the end of the value with no wait for leases left: every process loaded it for itself.
  it("for the lease of another begins anew for who came while the cache was asked", async () => {
    const { row, one, other, cache } = start();
    row.ttlMs = 1_200;
    const load = row.stopNextReply();
    const loading = other.read(row);
    await settle();
    const reads = [one.read(row)];
    await settle();
    let question = cache.stopNext("getMany", "request");
    await clock.advance(10);
    await question.reached;
    load.go();
    await loading;
    await other.background.idle();
    // Each question finds a reader waiting that came after it was sent, until the value has ended.
    for (let answered = 0; answered < 5; answered += 1) {
      reads.push(one.read(row));
      const next = cache.stopNext("getMany", "request");
      await clock.advance(200);
      question.go();
      await next.reached;
      question = next;
    }
    await clock.advance(200);
    const again = row.stopNextReply();
    const leading = other.read(row);
    await settle();
    question.go();
    await settle();
    again.go();
    await clock.advance(200);
    await Promise.all([leading, ...reads]);
    expect(row.loads).toBe(2);
  });

  it("does not go on for a cache that has no room for a lease", async () => {
    const memory = new MemoryCache({ clock });
    memory.add = async () => undefined;
    const one = new Process(memory, clock);
    const row = new Row();
    const read = one.read(row);
    await clock.advance(200);
    expect(await read).toBe("v0");
  });

  it("for the cache takes one deadline in all, polls of a lease included", async () => {
    const { row, one, memory, cache } = start();
    await one.read(row);
    await one.background.idle();
    await memory.set(cacheKey, leaseBytes, 60_000);
    const first = cache.stopNext("getMany", "reply");
    const read = one.read(row);
    await first.reached;
    await clock.advance(240);
    first.go();
    await settle();
    cache.stopNext("getMany", "request"); // the first poll hangs
    await clock.advance(30);
    expect(await read).toBe("v0");
  });

  it("for a fill that hangs is not followed by a question to the same cache", async () => {
    const { row, one, cache } = start();
    const reply = row.stopNextReply();
    const leader = one.read(row);
    await settle();
    const late = one.read(row);
    cache.stopNext("compareAndSet", "request");
    cache.stopNext("getMany", "request");
    reply.go();
    await leader;
    await clock.advance(250);
    expect(await late).toBe("v0");
  });

  it("for a fill that hangs is not followed by a question to the same cache, be it that the lease's renewal does", async () => {
    const { row, one, cache } = start();
    const reply = row.stopNextReply();
    const leader = one.read(row);
    await settle();
    const renewal = cache.stopNext("compareAndSet", "request");
    await clock.advance(3_000);
    await renewal.reached;
    const late = one.read(row);
    cache.stopNext("getMany", "request");
    reply.go();
    await leader;
    await clock.advance(250);
    expect(await late).toBe("v0");
  });
});

describe("a defect behind a load", () => {
  it("reaches the callers and leaves no lease", async () => {
    const { one, memory } = start();
    const odd = async (): Promise<Loaded> => ({
      value: EncodedValue.of("v", richJsonCodec),
      version: 7 as unknown as string,
      expiresAtMs: undefined,
      source: "database",
      ttlMs: 60_000,
    });
    await one.reads.read(key, [], loadOf(odd)).catch(() => undefined);
    await one.background.idle();
    expect(memory.entryCount).toBe(0);
  });
});

describe("a key that another process is at", () => {
  it("is read from the database and not filled while a hold stands there", async () => {
    const { row, one, memory } = start();
    const hold = newHoldBytes();
    await memory.set(cacheKey, hold, 60_000);
    expect(await one.read(row)).toBe("v0");
    await one.background.idle();
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toEqual(Uint8Array.from(hold));
  });

  it("is treated alike while an entry of a kind stands there that this version does not know", async () => {
    const { row, one, memory } = start();
    await memory.set(cacheKey, Uint8Array.of(0x7a, 1, 2), 60_000);
    expect(await one.read(row)).toBe("v0");
    await one.background.idle();
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toEqual(Uint8Array.of(0x7a, 1, 2));
  });

  it("is waited for while a lease stands there, and taken from the cache once it is filled", async () => {
    const { row, one, other } = start();
    const reply = row.stopNextReply();
    const loading = other.read(row);
    await settle();
    const waiting = one.read(row);
    await clock.advance(200);
    reply.go();
    await loading;
    await clock.advance(200);
    expect(await waiting).toBe("v0");
    expect(row.loads).toBe(1);
  });

  it("is read from the database, and not filled, when the lease stands there for longer than leaseWaitMs", async () => {
    const { row, one, memory } = start();
    await memory.set(cacheKey, leaseBytes, 60_000);
    const waiting = one.read(row);
    await clock.advance(1_000);
    expect(await waiting).toBe("v0");
    await one.background.idle();
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toEqual(leaseBytes);
  });

  it("is leased when the other's lease has gone without a fill", async () => {
    const { row, one, memory } = start();
    await memory.set(cacheKey, leaseBytes, 100);
    const waiting = one.read(row);
    await clock.advance(300);
    expect(await waiting).toBe("v0");
    await one.background.idle();
    expect(await one.read(row)).toBe("v0");
    expect(row.loads).toBe(1);
  });

  it("takes an empty entry for a lease", async () => {
    const { row, one, memory } = start();
    await memory.set(cacheKey, new Uint8Array(0), 60_000);
    const waiting = one.read(row);
    await clock.advance(1_000);
    expect(await waiting).toBe("v0");
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toHaveLength(0);
  });
});

describe("a cache that fails", () => {
  it("costs a read one deadline, and then nothing while the node is left alone", async () => {
    const { row, one, cache } = start();
    await one.read(row);
    await one.background.idle();
    for (let missed = 0; missed < 3; missed += 1) {
      cache.stopNext("getMany", "request");
      const read = one.read(row);
      await clock.advance(249);
      expect(row.loads).toBe(1 + missed);
      await clock.advance(1);
      expect(await read).toBe("v0");
    }
    const asked = cache.calls.getMany;
    expect(await one.read(row)).toBe("v0");
    expect(cache.calls.getMany).toBe(asked);
  });

  it("is used again after a while", async () => {
    const { row, one, cache } = start();
    await one.read(row);
    await one.background.idle();
    const get = cache.stopNext("getMany", "request");
    const read = one.read(row);
    await get.reached;
    get.fail(new AsideError("CACHE_UNAVAILABLE", "connection lost"));
    expect(await read).toBe("v0");
    await clock.advance(1_000);
    expect(await one.read(row)).toBe("v0");
    expect(row.loads).toBe(2);
  });

  it("does not let a fill through whose lease may not have been confirmed", async () => {
    const { row, one, cache, memory } = start();
    const add = cache.stopNext("add", "reply");
    const read = one.read(row);
    await add.reached;
    add.fail(new AsideError("CACHE_TIMEOUT", "late"));
    expect(await read).toBe("v0");
    await one.background.idle();
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toEqual(leaseBytes);
  });
});
