import { describe, expect, it } from "@jest/globals";
import { closedGate } from "../testing/gate.js";
import { ManualClock } from "../testing/manual-clock.js";
import { MemoryPersistence } from "./memory-persistence.js";
import { MemoryTransactions } from "./memory-transactions.js";

function database(options: { lockWaitMs?: number; maxRepeats?: number } = {}) {
  const clock = new ManualClock();
  const transactions = new MemoryTransactions({ clock, ...options });
  return { clock, transactions, rows: new MemoryPersistence<number>({ clock, transactions }) };
}

/** A transaction that writes `first`, waits at its gate and then writes `then`. */
function holder(
  { transactions, rows }: ReturnType<typeof database>,
  first: string,
  then: readonly string[] = [],
) {
  const gate = closedGate();
  const locked = closedGate();
  const end = transactions.run(async () => {
    await rows.write(first, 1);
    locked.open();
    await gate.passed;
    await Promise.all(then.map((key) => rows.write(key, 1)));
  });
  return { locked: locked.passed, go: gate.open, end };
}

describe("MemoryTransactions", () => {
  it("gives up waiting for a row whose holder waits for something else, and leaves no timer", async () => {
    const db = database({ lockWaitMs: 300 });
    const first = holder(db, "a");
    await first.locked;
    const refused = expect(db.rows.write("a", 2)).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    await db.clock.advance(300);
    await refused;
    first.go();
    await first.end;
    expect(db.clock.pendingTimers).toBe(0);
    expect((await db.rows.readMany(["a"])).get("a")?.value).toBe(1);
  });

  it("finds a circle of three", async () => {
    const db = database();
    const circle = [holder(db, "a", ["b"]), holder(db, "b", ["c"]), holder(db, "c", ["a"])];
    await Promise.all(circle.map(({ locked }) => locked));
    for (const { go } of circle) go();
    const ends = await Promise.allSettled(circle.map(({ end }) => end));
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(ends.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "TRANSACTION_CONFLICT" },
    });
  });

  it("finds a circle that will close only when a lock is handed on", async () => {
    // T1 has a. T2 waits for a, and for b at the same time. T3 has b and waits for a behind T2: nobody in the circle holds a
    // yet, but once T1 ends, T2 gets a and waits for b, and T3 waits for T2.
    const db = database();
    const t1 = holder(db, "a");
    const t3 = holder(db, "b", ["a"]);
    await Promise.all([t1.locked, t3.locked]);
    const t2 = db.transactions.run(async () => {
      const results = await Promise.allSettled([db.rows.write("a", 2), db.rows.write("b", 2)]);
      for (const result of results) if (result.status === "rejected") throw result.reason;
    });
    const settledT2 = Promise.allSettled([t2]);
    await db.clock.advance(0);
    t3.go();
    const settledT3 = Promise.allSettled([t3.end]);
    await db.clock.advance(0);
    t1.go();
    await t1.end;
    const [[endOfT2], [endOfT3]] = await Promise.all([settledT2, settledT3]);
    expect([endOfT2.status, endOfT3.status]).toEqual(["fulfilled", "rejected"]);
    expect(db.clock.monotonicMs()).toBe(0);
  });

  it("takes no lock for a transaction that ended while its statement waited", async () => {
    const db = database();
    const first = holder(db, "a");
    await first.locked;
    const mine = new Error("mine");
    let waiting: Promise<unknown> = Promise.resolve();
    const work = db.transactions.run(async () => {
      waiting = db.rows.write("a", 2);
      waiting.catch(() => undefined);
      await Promise.all([waiting, Promise.reject(mine)]);
    });
    await expect(work).rejects.toBe(mine);
    await expect(waiting).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    first.go();
    await first.end;
    // Had the dead transaction got the lock, nobody would ever release it.
    await db.rows.write("a", 3);
    expect((await db.rows.readMany(["a"])).get("a")?.value).toBe(3);
  });

  it("tells no statement that it wrote when its transaction ended between the grant of the lock and the write", async () => {
    // The grant reaches the statement some turns of promises after the release of the lock; here the transaction of the statement
    // ends in each of these turns.
    for (let headStart = -20; headStart <= 20; headStart += 1) {
      const db = database();
      const first = holder(db, "a");
      await first.locked;
      const finish = closedGate();
      let statement: Promise<unknown> = Promise.resolve();
      const second = db.transactions.run(async () => {
        statement = db.rows.write("a", 2);
        statement.catch(() => undefined);
        await finish.passed;
      });
      await db.clock.advance(0);
      const [earlier, later] = headStart < 0 ? [first.go, finish.open] : [finish.open, first.go];
      earlier();
      for (let turn = 0; turn < Math.abs(headStart); turn += 1) await null;
      later();
      await Promise.all([first.end, second]);
      const told = await statement.then(
        () => "written",
        () => "refused",
      );
      const value = (await db.rows.readMany(["a"])).get("a")?.value;
      expect([headStart, told]).toEqual([headStart, value === 2 ? "written" : "refused"]);
      await db.rows.write("a", 3);
    }
  });

  it("is rolled back when its work swallows a conflict", async () => {
    const db = database({ lockWaitMs: 100 });
    const first = holder(db, "a");
    await first.locked;
    const work = db.transactions.run(async () => {
      await db.rows.write("b", 2);
      await db.rows.write("a", 2).catch(() => undefined);
      // A database has taken the transaction back by now: what follows would not belong to it.
      await expect(db.rows.write("c", 2)).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    });
    const refused = expect(work).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    await db.clock.advance(100);
    await refused;
    first.go();
    await first.end;
    expect([...(await db.rows.readMany(["a", "b", "c"])).keys()]).toEqual(["a"]);
  });

  it("repeats a repeatable transaction as often as it was told, each time anew", async () => {
    const db = database({ lockWaitMs: 100, maxRepeats: 2 });
    const first = holder(db, "a");
    await first.locked;
    const ends: string[] = [];
    let attempts = 0;
    const work = db.transactions.run(
      async () => {
        attempts += 1;
        db.transactions.current()?.participant(db, () => ({
          async beforeCommit() {},
          afterEnd: async ({ outcome }) => void ends.push(outcome),
        }));
        await db.rows.write("a", 2);
      },
      { repeatable: true },
    );
    const refused = expect(work).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    await db.clock.advance(1_000);
    await refused;
    expect(attempts).toBe(3);
    expect(ends).toEqual(["rolled-back", "rolled-back", "rolled-back"]);
    first.go();
    await first.end;
  });

  it("tells every participant of the end, also when one breaks its promise not to reject", async () => {
    const { transactions } = database();
    const told: string[] = [];
    const broken = new Error("broken");
    const work = transactions.run(async () => {
      for (const name of ["first", "second"]) {
        transactions.current()?.participant({}, () => ({
          async beforeCommit() {},
          async afterEnd() {
            told.push(name);
            if (name === "first") throw broken;
          },
        }));
      }
    });
    await expect(work).rejects.toBe(broken);
    expect(told).toEqual(["first", "second"]);
  });

  it("keeps the rows of its collections apart", async () => {
    const { clock, transactions, rows } = database();
    const others = new MemoryPersistence<number>({ clock, transactions });
    await transactions.run(async () => {
      await rows.write("a", 1);
      await others.write("a", 2);
      // The same key of another collection is another row: no lock stands in the way.
      await transactions.outside(() => others.write("b", 3));
    });
    expect((await rows.readMany(["a"])).get("a")?.value).toBe(1);
    expect((await others.readMany(["a"])).get("a")?.value).toBe(2);
  });

  it("refuses a read for update outside a transaction, since nothing would hold the lock", async () => {
    const { rows } = database();
    await expect(rows.readMany(["a"], { forUpdate: true })).rejects.toThrow(TypeError);
  });

  it("reads for update of the same rows in different orders do not wait in a circle", async () => {
    const { transactions, rows } = database();
    const lock = (keys: readonly string[]) =>
      transactions.run(() => rows.readMany(keys, { forUpdate: true }));
    const results = await Promise.allSettled([lock(["a", "b"]), lock(["b", "a"])]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("a sweep leaves a row that somebody is writing", async () => {
    const db = database();
    await db.rows.write("a", 1, { expiresAtMs: db.clock.nowMs() - 1 });
    const writer = holder(db, "a");
    await writer.locked;
    expect(await db.rows.removeExpired(10)).toBe(0);
    writer.go();
    await writer.end;
    expect((await db.rows.readMany(["a"])).get("a")?.value).toBe(1);
  });

  it.each([
    { name: "a negative wait", options: { lockWaitMs: -1 } },
    { name: "half a repeat", options: { maxRepeats: 0.5 } },
  ])("refuses $name at construction", ({ options }) => {
    expect(() => new MemoryTransactions(options)).toThrow(TypeError);
  });
});
