import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { cacheKey, Process, Row, removeFrom } from "../../test-support/reading-process.js";
import { newHoldBytes } from "../entry/entry-kind.js";
import { MemoryCache } from "../memory/memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { SteppedCache } from "../testing/stepped-cache.js";

const wishes = { refreshBeforeMs: 10_000 };

/** A value of 60 s in the cache, of which 55 have passed. */
async function dueSoon() {
  const clock = new ManualClock();
  const memory = new MemoryCache({ clock });
  const cache = new SteppedCache(memory);
  const one = new Process(cache, clock);
  const other = new Process(memory, clock);
  const row = new Row();
  await one.read(row, wishes);
  await one.background.idle();
  await clock.advance(55_000);
  row.text = "v1";
  return { clock, memory, cache, one, other, row };
}

describe("a refresh before the end", () => {
  it("serves the value and loads its successor behind the reader", async () => {
    const { clock, one, row } = await dueSoon();
    expect(await one.read(row, wishes)).toBe("v0");
    await one.background.idle();
    expect(row.loads).toBe(2);
    expect(await one.read(row, wishes)).toBe("v1");
    await clock.advance(49_000);
    expect(await one.read(row)).toBe("v1");
    expect(one.count("refresh", "stored")).toBe(1);
  });

  it("does not begin earlier than asked, or where it was not asked for", async () => {
    const { one, row } = await dueSoon();
    await one.read(row, { refreshBeforeMs: 4_000 });
    await one.read(row);
    await one.background.idle();
    expect(row.loads).toBe(1);
  });

  it("is made once for many readers of many processes", async () => {
    const { one, other, row } = await dueSoon();
    const reply = row.stopNextReply();
    await Promise.all(Array.from({ length: 20 }, () => one.read(row, wishes)));
    while (row.loads < 2) await turn();
    await Promise.all(Array.from({ length: 20 }, () => other.read(row, wishes)));
    reply.go();
    await Promise.all([one.background.idle(), other.background.idle()]);
    expect(row.loads).toBe(2);
  });

  // The refresh reads the old row; a writer holds, commits and releases; to store what was read would bring the old row back.
  it("stores nothing where the value was removed meanwhile", async () => {
    const { memory, one, other, row } = await dueSoon();
    row.text = "v0";
    const reply = row.stopNextReply();
    await one.read(row, wishes);
    while (row.loads < 2) await turn();
    row.text = "v1";
    expect(await removeFrom(memory, other)).toBe(true);
    reply.go();
    await one.background.idle();
    expect(one.count("refresh", "refused")).toBe(1);
    expect(await other.read(row)).toBe("v1");
  });

  it("leaves a hold alone that was placed meanwhile", async () => {
    const { memory, one, row } = await dueSoon();
    const reply = row.stopNextReply();
    await one.read(row, wishes);
    while (row.loads < 2) await turn();
    const hold = newHoldBytes();
    await memory.set(cacheKey, hold, 60_000);
    reply.go();
    await one.background.idle();
    expect((await memory.getMany([cacheKey])).get(cacheKey)?.bytes).toEqual(hold);
  });

  it("that fails leaves the value to its end, and the source alone for a while", async () => {
    const { clock, one, row } = await dueSoon();
    row.failure = new Error("source down");
    for (let i = 0; i < 5; i += 1) {
      expect(await one.read(row, wishes)).toBe("v0");
      await one.background.idle();
    }
    expect(row.loads).toBe(2);
    expect(one.count("refresh", "failed")).toBe(1);
    await clock.advance(5_000);
    await expect(one.read(row, wishes)).rejects.toThrow("source down");
  });

  it("is waited for by a load of the same key, which then is the only one", async () => {
    const { memory, one, row } = await dueSoon();
    const reply = row.stopNextReply();
    await one.read(row, wishes);
    while (row.loads < 2) await turn();
    const [entry] = (await memory.getMany([cacheKey])).values();
    if (entry !== undefined) await memory.delete(cacheKey, entry.token);
    const reading = one.read(row, wishes);
    for (let i = 0; i < 10; i += 1) await turn();
    expect(row.loads).toBe(2);
    reply.go();
    expect(await reading).toBe("v1");
    expect(row.loads).toBe(3);
  });
});
