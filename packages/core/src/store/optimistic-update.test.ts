import { afterEach, describe, expect, it } from "@jest/globals";
import type { RemoveResult, WriteOptions } from "../backend/persistence-backend.js";
import { KeySpace } from "../entry/key-space.js";
import { ConflictError } from "../errors/conflict-error.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import { ConnectedMemoryCache } from "../testing/connected-memory-cache.js";
import { ManualClock } from "../testing/manual-clock.js";
import { TieredStore } from "./tiered-store.js";

/** Notes what is asked of the rows. */
class WatchedRows extends MemoryPersistence<string> {
  readonly asked: string[] = [];

  override readMany(...args: Parameters<MemoryPersistence<string>["readMany"]>) {
    this.asked.push(args[1]?.forUpdate === true ? "read locked" : "read");
    return super.readMany(...args);
  }

  override write(key: string, value: string, options: WriteOptions = {}) {
    const { expectedVersion, expiresAtMs } = options;
    const condition = expectedVersion === undefined ? "" : expectedVersion === null ? " if absent" : " over";
    this.asked.push(`write${condition}${expiresAtMs === "keep" ? ", keep end" : ""}`);
    return super.write(key, value, options);
  }

  override remove(key: string, options: Pick<WriteOptions, "expectedVersion" | "fencingToken"> = {}) {
    this.asked.push("remove");
    return super.remove(key, options);
  }
}

/** Counts transactions. */
class WatchedTransactions extends MemoryTransactions {
  begun = 0;

  override run<T>(...args: Parameters<MemoryTransactions["run"]>): Promise<T> {
    if (this.current() === undefined) this.begun += 1;
    return super.run(...args) as Promise<T>;
  }
}

const open: TieredStore<string>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

function start(Rows: typeof WatchedRows = WatchedRows) {
  const clock = new ManualClock();
  const cache = new ConnectedMemoryCache(clock);
  const transactions = new WatchedTransactions({ clock, log: true });
  const rows = new Rows({ clock, transactions });
  const options = { name: "notes", cache, persistence: rows, clock, ttlJitter: 0 };
  const notes = new TieredStore<string>(options);
  const elsewhere = new TieredStore<string>(options);
  open.push(notes, elsewhere);
  return { clock, cache, transactions, rows, notes, elsewhere };
}

type Setting = ReturnType<typeof start>;

/** Puts the row of `"k"` into the cache, and forgets what was asked so far. */
async function cached({ notes, rows, transactions, clock }: Setting): Promise<void> {
  await notes.get("k");
  await clock.advance(0);
  rows.asked.length = 0;
  transactions.begun = 0;
}

/** Moves the clock until `work` ends. */
async function driven<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let running = true;
  const end = (): void => {
    running = false;
  };
  work.then(end, end);
  for (let moves = 0; running && moves < 2_000; moves += 1) await clock.advance(10);
  if (running) throw new Error("it hangs");
  return work;
}

describe("an update that nobody overtakes", () => {
  it("costs one transaction and no read from a cached copy", async () => {
    const setting = start();
    const { notes, rows, transactions } = setting;
    await notes.set("k", "a");
    await cached(setting);
    expect(await notes.update("k", (note) => `${note}b`)).toBe("ab");
    expect(rows.asked).toEqual(["write over, keep end"]);
    expect(transactions.begun).toBe(1);
    expect(await notes.get("k")).toBe("ab");
  });

  it("calls the change outside of any transaction", async () => {
    const { notes, transactions } = start();
    let current: unknown = "not called";
    await notes.update("k", () => {
      current = transactions.current();
      return "a";
    });
    expect(current).toBeUndefined();
  });

  it("makes a value only where there is none", async () => {
    const setting = start();
    await cached(setting);
    await setting.notes.update("k", (note) => note ?? "new", { ttlMs: 1_000 });
    expect(setting.rows.asked).toEqual(["write if absent"]);
    const made = await setting.elsewhere.getVersioned("k");
    expect(made).toMatchObject({ value: "new", expiresAtMs: setting.clock.nowMs() + 1_000 });
  });

  it("removes the value for undefined", async () => {
    const setting = start();
    await setting.notes.set("k", "a");
    await cached(setting);
    expect(await setting.notes.update("k", () => undefined)).toBeUndefined();
    expect(setting.rows.asked).toEqual(["remove"]);
    expect(await setting.elsewhere.get("k")).toBeUndefined();
  });

  it("leaves absent what is absent, and drops what the cache holds of it", async () => {
    const setting = start();
    const { notes, rows, cache, elsewhere, clock } = setting;
    expect(await notes.update("k", (note) => note)).toBeUndefined();
    expect(rows.asked).toEqual(["read", "remove"]);
    await clock.advance(0);
    const held = await cache.getMany([new KeySpace("notes", 250).finalKey("k").cacheKey]);
    expect(held.size).toBe(0);
    expect(await elsewhere.get("k")).toBeUndefined();
  });

  it("keeps the end of the row, also when the cached copy knows an earlier one", async () => {
    const setting = start();
    const { notes, rows, elsewhere, clock } = setting;
    const endMs = clock.nowMs() + 60_000;
    await notes.set("k", "a", { expiresAtMs: endMs });
    await cached(setting);
    await rows.touch("k", endMs + 60_000);
    await notes.update("k", (note) => `${note}b`);
    expect(rows.asked).toEqual(["write over, keep end"]);
    expect(await elsewhere.getVersioned("k")).toMatchObject({ value: "ab", expiresAtMs: endMs + 60_000 });
  });

  it("reads the row where the cached copy is a loader's, which no version stands for", async () => {
    const setting = start();
    const { notes, rows, clock } = setting;
    await notes.set("k", "row");
    await notes.load("k", async () => "loaded");
    await clock.advance(0);
    rows.asked.length = 0;
    expect(await notes.update("k", (note) => `${note}!`)).toBe("row!");
    expect(rows.asked).toEqual(["read", "write over, keep end"]);
  });
});

describe("an update that is overtaken", () => {
  it("makes its change anew of the row itself, whatever the cache holds", async () => {
    const setting = start();
    const { notes, rows, clock, elsewhere } = setting;
    await notes.set("k", "a");
    await cached(setting);
    await rows.write("k", "b"); // round Aside: the cache is not told
    const seen: unknown[] = [];
    const update = notes.update("k", (note) => {
      seen.push(note);
      return `${note}!`;
    });
    expect(await driven(clock, update)).toBe("b!");
    expect(seen).toEqual(["a", "b"]);
    expect(await elsewhere.get("k")).toBe("b!");
  });

  it("does not believe in an absence that is over", async () => {
    const setting = start();
    const { notes, rows, clock } = setting;
    await cached(setting);
    await rows.write("k", "a");
    expect(
      await driven(
        clock,
        notes.update("k", (note) => note && `${note}!`),
      ),
    ).toBe("a!");
    await rows.remove("k");
    expect(
      await driven(
        clock,
        notes.update("k", (note) => note ?? "new"),
      ),
    ).toBe("new");
  });

  it("does not take a removal by others for its own, whatever the database says of it", async () => {
    class SilentRows extends WatchedRows {
      override async remove(...args: Parameters<WatchedRows["remove"]>): Promise<RemoveResult> {
        return { removed: (await super.remove(...args)).removed };
      }
    }
    for (const Rows of [WatchedRows, SilentRows]) {
      const setting = start(Rows);
      const { notes, rows, clock } = setting;
      await notes.set("k", "on");
      await cached(setting);
      await rows.remove("k");
      const toggled = notes.update("k", (note) => (note === undefined ? "on" : undefined));
      expect(await driven(clock, toggled)).toBe("on");
    }
  });

  it("waits a little before it tries again, and never for more than two seconds", async () => {
    const { notes, rows, clock } = start();
    let calls = 0;
    const update = notes.update("k", async (note) => {
      calls += 1;
      if (calls === 2) await clock.advance(60_000); // the change takes a minute
      if (calls < 3) await rows.write("k", `by others ${calls}`);
      return `${note}!`;
    });
    await clock.advance(0);
    expect(calls).toBe(1);
    await clock.advance(10);
    expect(calls).toBe(2);
    await clock.advance(2_000);
    expect(calls).toBe(3);
    expect(await update).toBe("by others 2!");
  });

  it("keeps every one of 20 parallel changes, from two processes", async () => {
    const { notes, elsewhere, clock } = start();
    const update = async (_: unknown, i: number): Promise<void> => {
      await (i % 2 ? notes : elsewhere).update("k", (note = "") => `${note}x`, { attempts: 100 });
    };
    await driven(clock, Promise.all(Array.from({ length: 20 }, update)));
    expect(await elsewhere.get("k")).toBe("x".repeat(20));
  });

  it("gives up after so many attempts, tells both versions, and has written nothing", async () => {
    for (const attempts of [undefined, 1, 3]) {
      const { notes, rows, clock } = start();
      await notes.set("k", "a");
      let calls = 0;
      const expected: unknown[] = [];
      const update = notes.update(
        "k",
        async () => {
          calls += 1;
          expected.push((await rows.readMany(["k"])).get("k")?.version);
          await rows.write("k", "by others");
          return "mine";
        },
        { attempts },
      );
      const error: unknown = await driven(clock, update).catch((reason: unknown) => reason);
      const actualVersion = (await rows.readMany(["k"])).get("k")?.version;
      expect(error).toBeInstanceOf(ConflictError);
      expect(error).toMatchObject({ code: "CONFLICT", key: "k", store: "notes", committed: false });
      expect(error).toMatchObject({ expectedVersion: expected.at(-1), actualVersion });
      expect(calls).toBe(attempts ?? 20);
      expect(await notes.get("k")).toBe("by others");
    }
  });

  it("passes on what the change throws, and writes nothing, the first time or later", async () => {
    for (const failsAt of [1, 2]) {
      const { notes, rows, clock } = start();
      await notes.set("k", "a");
      const failure = new Error("no");
      let calls = 0;
      const update = notes.update("k", async () => {
        calls += 1;
        if (calls === failsAt) throw failure;
        await rows.write("k", "a");
        return "b";
      });
      await expect(driven(clock, update)).rejects.toBe(failure);
      expect(await notes.get("k")).toBe("a");
    }
  });
});

describe("a change that calls its store", () => {
  it("may read, and write other keys", async () => {
    const { notes, clock } = start();
    await notes.set("other", "b");
    const update = notes.update("k", async (note = "") => {
      await notes.set("third", "c");
      return note + (await notes.get("other"));
    });
    expect(await driven(clock, update)).toBe("b");
    expect(await notes.get("third")).toBe("c");
  });

  it("is called again when it wrote the key itself", async () => {
    const { notes, clock } = start();
    const update = notes.update("k", async (note) => {
      if (note === undefined) await notes.set("k", "a");
      return `${note}!`;
    });
    expect(await driven(clock, update)).toBe("a!");
  });

  it("comes to an end when it writes the key every time", async () => {
    const { notes, clock } = start();
    const writing = notes.update("k", async () => {
      await notes.update("k", (inner = "") => `${inner}i`);
      return "outer";
    });
    await expect(driven(clock, writing)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await notes.get("k")).toBe("i".repeat(20));
  });
});

describe("an update inside a transaction", () => {
  it("reads the row locked, is part of the transaction, and tries once", async () => {
    const { notes, elsewhere, rows, clock } = start();
    await notes.set("k", "a");
    let calls = 0;
    const append = (text: string) => (note: string | undefined) => {
      calls += 1;
      return `${note}${text}`;
    };
    rows.asked.length = 0;
    const inside = notes.transaction(async () => {
      await notes.update("k", append("b"));
      await clock.advance(0);
      await notes.update("k", append("c"));
    });
    const outside = elsewhere.transaction(() => elsewhere.update("k", append("d")));
    await driven(clock, Promise.all([inside, outside]));
    expect(await notes.get("k")).toBe("abcd");
    expect(calls).toBe(3);
    expect(rows.asked.filter((one) => one !== "read")).toEqual(
      expect.arrayContaining(["read locked", "write, keep end"]),
    );
    const undone = notes.transaction(async () => {
      await notes.update("k", () => undefined);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await notes.get("k")).toBe("abcd");
  });
});

describe("options of an update", () => {
  it.each([0, 101, 1.5, Number.NaN, "3" as never])("refuses %p attempts", async (attempts) => {
    const { notes } = start();
    const update = notes.update("k", () => "a", { attempts });
    await expect(update).rejects.toThrow(/"update.attempts" must be a (whole )?number/);
    await expect(update).rejects.toThrow(TypeError);
    expect(await notes.get("k")).toBeUndefined();
  });
});

describe("close", () => {
  it("waits for an update between two attempts", async () => {
    const { notes, rows, clock, elsewhere } = start();
    let calls = 0;
    const update = notes.update("k", async (note) => {
      calls += 1;
      if (calls === 1) await rows.write("k", "by others");
      return `${note}!`;
    });
    await clock.advance(0);
    let closed = false;
    const closing = notes.close().then(() => {
      closed = true;
    });
    await clock.advance(0);
    expect(closed).toBe(false);
    expect(await driven(clock, update)).toBe("by others!");
    await driven(clock, closing);
    expect(await elsewhere.get("k")).toBe("by others!");
  });
});
