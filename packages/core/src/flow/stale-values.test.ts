import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { cacheKey, Process, Row, removeFrom } from "../../test-support/reading-process.js";
import { expiredIn } from "../entry/entry-kind.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";

const wishes = { staleIfErrorMs: 600_000 };
const failure = new Error("source down");

/** A value in the cache that has just ended, and a source that fails. */
async function ended(tags: readonly string[] = []) {
  const clock = new ManualClock();
  const memory = new MemoryCache({ clock });
  const cache = new SteppedCache(memory);
  const one = new Process(cache, clock);
  const other = new Process(memory, clock);
  const row = new Row();
  await one.read(row, wishes, tags);
  await one.background.idle();
  await clock.advance(60_000);
  row.failure = failure;
  return { clock, memory, cache, one, other, row };
}

const refreshed = { ...wishes, refreshBeforeMs: 10_000 };

/** A value that has just ended, whose refresh hangs in the source. */
async function refreshingAtItsEnd() {
  const clock = new ManualClock();
  const one = new Process(new MemoryCache({ clock }), clock);
  const row = new Row();
  await one.read(row, refreshed);
  await one.background.idle();
  await clock.advance(55_000);
  const reply = row.stopNextReply();
  await one.read(row, refreshed);
  while (row.loads < 2) await turn();
  await clock.advance(5_000);
  return { clock, one, row, reply };
}

async function standingAt(memory: MemoryCache): Promise<Uint8Array | undefined> {
  return (await memory.getMany([cacheKey])).get(cacheKey)?.bytes;
}

describe("a value that has ended", () => {
  it("is served while its source fails, to every caller of the flight", async () => {
    const { one, row } = await ended();
    const reads = Array.from({ length: 10 }, () => one.read(row, wishes));
    expect(new Set(await Promise.all(reads))).toEqual(new Set(["v0"]));
    expect(row.loads).toBe(2);
  });

  it("is not served where nobody asked for it", async () => {
    const { one, row } = await ended();
    await expect(one.read(row)).rejects.toBe(failure);
  });

  it("is served without the source for a second, which is then asked again", async () => {
    const { clock, one, other, row } = await ended();
    await one.read(row, wishes);
    await one.background.idle();
    expect(await other.read(row, wishes)).toBe("v0");
    expect(row.loads).toBe(2);
    await clock.advance(1_000);
    expect(await other.read(row, wishes)).toBe("v0");
    expect(row.loads).toBe(3);
    row.failure = undefined;
    row.text = "v1";
    await other.background.idle();
    await clock.advance(1_000);
    expect(await other.read(row, wishes)).toBe("v1");
  });

  it("is served no longer than asked when it was stored, however often it was served", async () => {
    const { clock, one, row } = await ended();
    for (let servedForMs = 0; servedForMs < 600_000; servedForMs += 60_000) {
      expect(await one.read(row, wishes)).toBe("v0");
      await one.background.idle();
      await clock.advance(servedForMs < 540_000 ? 60_000 : 59_500);
    }
    expect(await one.read(row, wishes)).toBe("v0");
    await one.background.idle();
    await clock.advance(500);
    await expect(one.read(row, wishes)).rejects.toBe(failure);
  });

  it("travels with the lease while the load runs", async () => {
    const { memory, one, row } = await ended();
    const before = await standingAt(memory);
    const reply = row.stopNextReply();
    const reading = one.read(row, wishes);
    while (row.loads < 2) await turn();
    const lease = await standingAt(memory);
    expect(lease?.[0]).toBe("L".charCodeAt(0));
    expect(expiredIn(lease as Uint8Array)).toEqual(before);
    reply.go();
    expect(await reading).toBe("v0");
  });

  // The load begins; a writer commits and removes what stands there, the lease with the old value in it; the load fails.
  it("is not served once it was invalidated", async () => {
    const { memory, one, other, row } = await ended();
    const reply = row.stopNextReply();
    const reading = one.read(row, wishes);
    while (row.loads < 2) await turn();
    expect(await removeFrom(memory, other)).toBe(true);
    reply.go();
    await expect(reading).rejects.toBe(failure);
    await one.background.idle();
    expect(await standingAt(memory)).toBeUndefined();
  });

  it("is not served once one of its tags was invalidated", async () => {
    const { memory, one, other, row } = await ended(["red"]);
    const reply = row.stopNextReply();
    const reading = one.read(row, wishes, ["red"]);
    while (row.loads < 2) await turn();
    expect(await removeFrom(memory, other, one.generations.seedKeysOfTags(["red"]))).toBe(true);
    reply.go();
    await expect(reading).rejects.toBe(failure);
  });

  it("is served from the lease of another process whose load has not ended, when the own one fails", async () => {
    const { clock, one, other, row } = await ended();
    const slow = new Row();
    const reply = slow.stopNextReply();
    const leading = one.read(slow, wishes);
    while (slow.loads === 0) await turn();
    const waiting = other.read(row, wishes);
    while (row.loads < 2) {
      await clock.advance(50);
      await turn();
    }
    expect(await waiting).toBe("v0");
    reply.go();
    expect(await leading).toBe("v0");
  });

  it("is served once the soft timeout has passed, and the load goes on and fills", async () => {
    const { clock, one, row } = await ended();
    row.failure = undefined;
    row.text = "v1";
    const reply = row.stopNextReply();
    const soft = { ...wishes, softTimeoutMs: 100 };
    const first = one.read(row, soft);
    while (row.loads < 2) await turn();
    await clock.advance(100);
    expect(await first).toBe("v0");
    const second = one.read(row, soft);
    await turn();
    await clock.advance(100);
    expect(await second).toBe("v0");
    expect(row.loads).toBe(2);
    reply.go();
    await one.background.idle();
    expect(await one.read(row, soft)).toBe("v1");
  });

  it("is served at the soft timeout to who waits for the load of another process", async () => {
    const { clock, one, other, row } = await ended();
    row.failure = undefined;
    const reply = row.stopNextReply();
    const soft = { ...wishes, softTimeoutMs: 100 };
    const leading = one.read(row, wishes);
    while (row.loads < 2) await turn();
    let served: string | undefined;
    other.read(row, soft).then((value) => {
      served = value;
    }, expect);
    for (let waitedMs = 0; waitedMs < 200; waitedMs += 10) {
      await clock.advance(10);
      await turn();
    }
    expect(served).toBe("v0");
    expect(row.loads).toBe(2);
    reply.go();
    await leading;
  });

  it("is served at the soft timeout to who waits for a refresh that outlasted it", async () => {
    const { clock, one, row, reply } = await refreshingAtItsEnd();
    let served: string | undefined;
    const reading = one.read(row, { ...refreshed, softTimeoutMs: 100 }).then((value) => {
      served = value;
    });
    await clock.advance(100);
    expect(served).toBe("v0");
    reply.go();
    await reading;
  });

  it("is served when the load fails that waited for a refresh", async () => {
    const { clock, one, row, reply } = await refreshingAtItsEnd();
    row.failure = failure;
    const reading = one.read(row, refreshed);
    await clock.advance(1_000);
    reply.go();
    expect(await reading).toBe("v0");
  });

  it("is not served at the soft timeout once it was invalidated", async () => {
    const { clock, memory, one, other, row } = await ended();
    row.failure = undefined;
    row.text = "v1";
    const reply = row.stopNextReply();
    const reading = one.read(row, { ...wishes, softTimeoutMs: 100 });
    while (row.loads < 2) await turn();
    await removeFrom(memory, other);
    await clock.advance(100);
    for (let i = 0; i < 10; i += 1) await turn();
    reply.go();
    expect(await reading).toBe("v1");
  });

  it("is dropped from a lease that would not fit with it", async () => {
    const clock = new ManualClock();
    const memory = new MemoryCache({ clock, maxValueBytes: 1_000 });
    const one = new Process(memory, clock);
    const row = new Row();
    const { length } = await filledWith(one, memory, row, 900);
    row.text = "x".repeat(900 + 1_000 - length);
    await clock.advance(700_000);
    await one.read(row, wishes);
    await one.background.idle();
    expect((await standingAt(memory))?.length).toBe(1_000);
    await clock.advance(60_000);
    row.failure = failure;
    await expect(one.read(row, wishes)).rejects.toBe(failure);
  });
});

async function filledWith(
  one: Process,
  memory: MemoryCache,
  row: Row,
  characters: number,
): Promise<Uint8Array> {
  row.text = "x".repeat(characters);
  await one.read(row, wishes);
  await one.background.idle();
  return (await standingAt(memory)) as Uint8Array;
}
