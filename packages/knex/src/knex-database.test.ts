import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { isAsideError } from "@aside/core";
import { describe, it } from "@jest/globals";
import Database from "better-sqlite3";
import knexFactory, { type Knex } from "knex";
import { closedGate } from "../fixtures/closed-gate.js";
import { expectCode } from "../fixtures/expect-code.js";
import { openDatabase } from "../fixtures/open-database.js";
import { knexOnFile, openNewFile } from "../fixtures/sqlite-files.js";
import { KnexDatabase } from "./knex-database.js";

describe("a KnexDatabase is made", () => {
  const wrong: ReadonlyArray<{ name: string; knex: () => unknown; says: RegExp }> = [
    { name: "nothing", knex: () => undefined, says: /Knex instance/ },
    { name: "a configuration", knex: () => ({ client: "better-sqlite3" }), says: /Knex instance/ },
    {
      name: "a Knex without a connection to a supported database",
      knex: () => knexFactory({ client: "cockroachdb" }),
      says: /"mysql2", "pg", "better-sqlite3"; this one is "cockroachdb"/,
    },
    {
      name: "a Knex on the older driver for MySQL",
      knex: () => knexFactory({ client: "mysql" }),
      says: /this one is "mysql"/,
    },
    {
      name: "an SQLite pool of two",
      knex: () => sqlite({ connection: { filename: "x" }, pool: { max: 2 } }),
      says: /`pool.max` 1/,
    },
    {
      name: "an SQLite pool in memory that may be empty",
      knex: () => sqlite({ connection: { filename: ":memory:" }, pool: { min: 0 } }),
      says: /`pool.min` 1/,
    },
    {
      name: "an SQLite file that is named later",
      knex: () => sqlite({ connection: () => ({ filename: "x" }) }),
      says: /must not be a function/,
    },
  ];

  it.each(wrong)("not of $name: a TypeError says what is needed", ({ knex, says }) => {
    assert.throws(() => new KnexDatabase(knex() as Knex), { name: "TypeError", message: says });
  });

  it("not of a transaction", async () => {
    await using opened = await openNewFile();
    await opened.knex.transaction(async (transaction) => {
      assert.throws(() => new KnexDatabase(transaction), {
        name: "TypeError",
        message: /not one of its transactions/,
      });
    });
  });

  it.each([
    { tablePrefix: "a; drop" },
    { tablePrefix: "1a" },
    { tablePrefix: "" },
    { acquireTimeoutMs: 0 },
    { statementTimeoutMs: Number.NaN },
    { unknownCommitMs: -1 },
    { retryTimeoutMs: 2 ** 31 },
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
  ])("not with %o", (options) => {
    const knex = sqlite({ connection: { filename: ":memory:" } });
    assert.throws(() => new KnexDatabase(knex, options), TypeError);
  });

  it("with collections whose names are plain", async () => {
    await using opened = await openNewFile();
    for (const name of ["", "a b", "a".repeat(65), "ä"]) {
      assert.throws(() => opened.database.collection(name), TypeError);
    }
    assert.equal(opened.database.collection("users.v2").name, "users.v2");
  });
});

describe("connection()", () => {
  it("is the caller's own Knex outside, and a transaction that commits with the rest inside", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    const users = database.collection<string>("users");
    assert.equal(database.connection(), knex);
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    await database.run(async () => {
      assert.equal((database.connection() as Knex.Transaction).isTransaction, true);
      await database.connection()("orders").insert({ id: "o1" });
      await users.write("u1", "Ada");
      assert.equal((await database.connection()("aside_values").select("item_key")).length, 1);
    });
    assert.deepEqual(plain(await knex("orders").select("id")), [{ id: "o1" }]);
    assert.equal((await users.readMany(["u1"])).get("u1")?.value, "Ada");
  });

  it("is rolled back with the rest", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    const work = database.run(async () => {
      await database.connection()("orders").insert({ id: "o1" });
      throw new Error("roll back");
    });
    await assert.rejects(work, /roll back/);
    assert.equal((await knex("orders").select("id")).length, 0);
  });

  it("is another one for each transaction that asks, and marks no query of others as part of it", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    const marks: unknown[] = [];
    knex.on("query", ({ __knexTxId }) => marks.push(__knexTxId));
    const seen = new Set<unknown>();
    for (let n = 0; n < 3; n += 1) {
      await database.run(async () => undefined);
      await database.run(async () => {
        assert.equal(database.connection(), database.connection());
        seen.add(database.connection());
        marks.length = 0;
        await database.connection().raw("select 1");
        assert.equal(typeof marks[0], "string");
      });
      marks.length = 0;
      await knex.raw("select 1");
      assert.deepEqual(marks, [undefined]);
    }
    assert.equal(seen.size, 3);
  });

  it("streams, and changes the schema", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    const seen: string[] = [];
    await database.run(async () => {
      await database.connection().schema.alterTable("orders", (table) => void table.string("note"));
      await database
        .connection()("orders")
        .insert([{ id: "o1", note: "x" }, { id: "o2" }]);
      for await (const { id } of database.connection()("orders").select("id").stream()) seen.push(id);
      await database.connection().schema.alterTable("orders", (table) => void table.dropColumn("note"));
    });
    assert.deepEqual(seen, ["o1", "o2"]);
    assert.equal(await knex.schema.hasColumn("orders", "note"), false);
  });

  it("takes savepoints", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    await database.run(async () => {
      const transaction = database.connection();
      await transaction("orders").insert({ id: "kept" });
      const inner = transaction.transaction(async (savepoint) => {
        await savepoint("orders").insert({ id: "undone" });
        throw new Error("undo");
      });
      await assert.rejects(inner, /undo/);
    });
    assert.deepEqual(plain(await knex("orders").select("id")), [{ id: "kept" }]);
  });

  it.each(["COMMIT", "rollback", " begin immediate", "END", "/* a */ -- b\nCOMMIT"])(
    "refuses to end the transaction by a raw %s, and goes on",
    async (sql) => {
      await using opened = await openNewFile();
      const { knex, database } = opened;
      await knex.schema.createTable("orders", (table) => void table.string("id"));
      await database.run(async () => {
        await expectCode(database.connection().raw(sql), "UNSUPPORTED");
        await database.connection()("orders").insert({ id: "o1" });
      });
      assert.equal((await knex("orders").select("id")).length, 1);
    },
  );

  it("refuses commit() and rollback(): the end belongs to run", async () => {
    await using opened = await openNewFile();
    await opened.database.run(async () => {
      const transaction = opened.database.connection() as Knex.Transaction;
      for (const end of [() => transaction.commit(), () => transaction.rollback()]) {
        assert.throws(end, (error) => isAsideError(error, "UNSUPPORTED"));
      }
    });
  });

  it("kept beyond its transaction refuses every statement", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    let kept: Knex | undefined;
    await database.run(async () => {
      kept = database.connection();
    });
    await assert.rejects(async () => kept?.("orders").insert({ id: "late" }), /already complete/);
    assert.equal((await knex("orders").select("id")).length, 0);
  });

  it("does not undo what the database itself rolled back, however the work goes on", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.text("id"));
    const [{ page_count: pages }] = await knex.raw("pragma page_count");
    await knex.raw(`pragma max_page_count = ${pages + 2}`);
    const work = database.run(async () => {
      const transaction = database.connection();
      await transaction("orders").insert({ id: "before" });
      await assert.rejects(async () => transaction("orders").insert({ id: "x".repeat(100_000) }));
      // SQLite has ended the transaction: this would be committed by itself.
      await expectCode(transaction("orders").insert({ id: "after" }), "DATABASE_FAILED");
      await expectCode(database.collection("users").write("u1", 1), "DATABASE_FAILED");
    });
    await expectCode(work, "DATABASE_FAILED");
    await knex.raw("pragma max_page_count = 1000000");
    assert.deepEqual(await knex("orders").pluck("id").then(plain), []);
    assert.equal((await database.collection("users").readMany(["u1"])).size, 0);
    await database.run(async () => database.connection()("orders").insert({ id: "later" }));
    assert.deepEqual(await knex("orders").pluck("id").then(plain), ["later"]);
  });
});

describe("work that outlives its transaction", () => {
  it("writes nothing after a rollback, which it is part of", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const users = database.collection<number>("users");
    const finish = closedGate();
    const slow = async (write: () => Promise<unknown>): Promise<unknown> => {
      await finish.passed;
      return write();
    };
    const stragglers: Promise<unknown>[] = [];
    const work = database.run(async () => {
      stragglers.push(
        slow(() => users.write("alone", 1)),
        slow(() => database.run(() => users.write("in a run", 1))),
        database.run(() => slow(() => users.write("in a run that joined", 1))),
        slow(() => database.log.append([{ id: "1", cache: "c", key: "k" }])),
        slow(async () => database.connection()("aside_invalidations").del()),
      );
      for (const straggler of stragglers) straggler.catch(() => undefined);
      await Promise.all([...stragglers, Promise.reject(new Error("the other branch"))]);
    });
    await assert.rejects(work, /the other branch/);
    finish.open();
    for (const straggler of stragglers) await expectCode(straggler, "CLOSED");
    assert.equal((await users.readMany(["alone", "in a run", "in a run that joined"])).size, 0);
    assert.deepEqual(await database.log.read("c", 1), []);
  });

  it("belongs to none after a commit", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const users = database.collection<number>("users");
    const finish = closedGate();
    let straggler: Promise<unknown> = Promise.resolve();
    await database.run(async () => {
      straggler = finish.passed.then(() => users.write("u1", 1));
    });
    finish.open();
    await straggler;
    assert.equal((await users.readMany(["u1"])).size, 1);
  });

  it("goes on in outside(), whatever became of the transaction", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const users = database.collection<number>("users");
    let outside: Promise<unknown> = Promise.resolve();
    const work = database.run(async () => {
      outside = database.outside(() => users.write("u1", 1));
      throw new Error("roll back");
    });
    await assert.rejects(work, /roll back/);
    await outside;
    assert.equal((await users.readMany(["u1"])).size, 1);
  });
});

describe("reader()", () => {
  it("answers while a transaction is under way, with what is committed", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    await database.run(async () => {
      await database.connection()("orders").insert({ id: "o1" });
      assert.equal((await database.reader()("orders").select("id")).length, 1);
      const outside = database.outside(async () => database.reader()("orders").select("id"));
      assert.equal((await outside).length, 0);
    });
    assert.equal((await database.reader()("orders").select("id")).length, 1);
  });

  it("refuses writes on SQLite, which would wait for this very process", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.schema.createTable("orders", (table) => void table.string("id"));
    await assert.rejects(async () => database.reader()("orders").insert({ id: "o1" }), {
      code: "SQLITE_READONLY",
    });
  });
});

describe("close()", () => {
  it("leaves the caller's Knex open, is idempotent, and refuses what comes later", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    const users = database.collection<number>("users");
    await users.readMany(["u1"]);
    await Promise.all([database.close(), database.close()]);
    await database[Symbol.asyncDispose]();
    await expectCode(users.write("u1", 1), "CLOSED");
    await expectCode(users.readMany(["u1"]), "CLOSED");
    await expectCode(
      database.run(async () => undefined),
      "CLOSED",
    );
    await expectCode(database.log.read("c", 1), "CLOSED");
    await expectCode(database.ensureSchema(), "CLOSED");
    assert.equal((await knex.raw("select 1 as one"))[0].one, 1);
  });

  it("takes no new transaction while it waits for one", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const finish = closedGate();
    const work = database.run(() => finish.passed);
    const closing = database.close();
    await expectCode(
      database.run(async () => undefined),
      "CLOSED",
    );
    finish.open();
    await Promise.all([work, closing]);
  });

  it("waits for a transaction under way, which may still write, also at its end", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const users = database.collection<number>("users");
    const order: string[] = [];
    const begun = closedGate();
    const finish = closedGate();
    const work = database.run(async () => {
      database.current()?.participant({}, () => ({
        async beforeCommit() {},
        afterEnd: async () => void (await users.write("at the end", 1)),
      }));
      begun.open();
      await finish.passed;
      await users.write("inside", 1);
    });
    await begun.passed;
    const closed = database.close().then(() => order.push("closed"));
    await new Promise(setImmediate);
    assert.deepEqual(order, []);
    finish.open();
    await work;
    await closed;
    await using again = openDatabase(knexOnFile(opened.filename));
    const found = await again.database.collection("users").readMany(["inside", "at the end"]);
    assert.equal(found.size, 2);
  });
});

describe("waiting for a connection", () => {
  it("ends by DATABASE_TIMEOUT, and the connection that came too late is not lost", async () => {
    await using opened = await openNewFile({ acquireTimeoutMs: 50 });
    const { knex, database } = opened;
    const users = database.collection<number>("users");
    const taken = await knex.transaction();
    await expectCode(
      database.run(async () => undefined),
      "DATABASE_TIMEOUT",
    );
    await expectCode(users.write("u1", 1), "DATABASE_TIMEOUT");
    await taken.rollback();
    for (let n = 0; n < 3; n += 1) await database.run(() => users.write("u1", n));
    assert.equal((await users.readMany(["u1"])).get("u1")?.value, 2);
  });

  it("of a Knex that was destroyed ends by CLOSED", async () => {
    await using opened = await openNewFile();
    await opened.knex.destroy();
    await expectCode(
      opened.database.run(async () => undefined),
      "CLOSED",
    );
  });

  it("of a file that cannot be opened ends by DATABASE_UNAVAILABLE", async () => {
    await using opened = openDatabase(sqlite({ connection: { filename: "/nowhere/at/all/aside.sqlite" } }));
    await expectCode(
      opened.database.run(async () => undefined),
      "DATABASE_UNAVAILABLE",
    );
    await expectCode(opened.database.collection("users").readMany(["a"]), "DATABASE_UNAVAILABLE");
  });
});

describe("an SQLite file that another process has locked", () => {
  it("is waited for while the event loop turns", async () => {
    await using opened = await openNewFile();
    const { database, filename } = opened;
    const users = database.collection<number>("users");
    const other = new Database(filename);
    other.exec("BEGIN IMMEDIATE");
    // Were the event loop to stand still, nobody could end the other transaction.
    const released = wait(120).then(() => other.exec("COMMIT"));
    await Promise.all([database.run(() => users.write("u1", 1)), users.write("u2", 2), released]);
    other.close();
    assert.equal((await users.readMany(["u1", "u2"])).size, 2);
  });

  it("is waited for no longer than retryTimeoutMs", async () => {
    await using opened = await openNewFile({ retryTimeoutMs: 60 });
    const { database, filename } = opened;
    const other = new Database(filename);
    other.exec("BEGIN IMMEDIATE");
    const work = async () => undefined;
    await expectCode(database.run(work), "TRANSACTION_CONFLICT");
    await expectCode(database.run(work, { repeatable: true }), "TRANSACTION_CONFLICT");
    await expectCode(database.collection("users").write("u1", 1), "TRANSACTION_CONFLICT");
    other.exec("COMMIT");
    other.close();
    await database.run(work);
  });

  it("the caller's own busy_timeout is as it was between our statements", async () => {
    await using opened = await openNewFile();
    const { knex, database } = opened;
    await knex.raw("pragma busy_timeout = 1234");
    await using again = openDatabase(knex);
    await again.database.run(() => again.database.collection("users").write("u1", 1));
    await database.collection("users").readMany(["u1"]);
    assert.equal((await knex.raw("pragma busy_timeout"))[0].timeout, 1234);
    assert.equal((await knex.raw("pragma journal_mode"))[0].journal_mode, "wal");
  });
});

describe("an SQLite database in memory", () => {
  it("works with its one connection, and a read outside waits for the transaction", async () => {
    await using opened = openDatabase(sqlite({ connection: { filename: ":memory:" } }));
    const { database } = opened;
    await database.ensureSchema();
    const users = database.collection<string>("users");
    let outside: Promise<unknown> = Promise.resolve();
    await database.run(async () => {
      await users.write("u1", "uncommitted");
      outside = database.outside(async () => (await users.readMany(["u1"])).get("u1")?.value);
      await new Promise(setImmediate);
      await users.write("u1", "committed");
    });
    assert.equal(await outside, "committed");
  });
});

describe("ensureSchema()", () => {
  it("is asked for when a table is missing", async () => {
    await using opened = openDatabase(sqlite({ connection: { filename: ":memory:" } }));
    await assert.rejects(opened.database.collection("users").readMany(["u1"]), {
      code: "DATABASE_FAILED",
      message: /ensureSchema\(\)/,
    });
  });

  it("does not run within a transaction", async () => {
    await using opened = await openNewFile();
    await opened.database.run(() => expectCode(opened.database.ensureSchema(), "UNSUPPORTED"));
  });

  it("tries again after a failure, and only then", async () => {
    await using opened = openDatabase(sqlite({ connection: { filename: ":memory:" } }), {
      acquireTimeoutMs: 50,
    });
    const { knex, database } = opened;
    const taken = await knex.transaction();
    await expectCode(database.ensureSchema(), "DATABASE_TIMEOUT");
    await taken.rollback();
    await Promise.all([database.ensureSchema(), database.ensureSchema()]);
    await knex.schema.dropTable("aside_values");
    await database.ensureSchema();
    await expectCode(database.collection("users").readMany(["u1"]), "DATABASE_FAILED");
  });

  it("names the tables by the prefix", async () => {
    await using opened = openDatabase(sqlite({ connection: { filename: ":memory:" } }), {
      tablePrefix: "shop_",
    });
    await opened.database.ensureSchema();
    assert.equal(await opened.knex.schema.hasTable("shop_values"), true);
    assert.equal(await opened.knex.schema.hasTable("shop_invalidations"), true);
    await opened.database.collection("users").write("u1", 1);
  });
});

function sqlite(config: Omit<Knex.Config, "client">): Knex {
  return knexFactory({ client: "better-sqlite3", useNullAsDefault: true, log: silent, ...config });
}

/** Rows without the prototypes that Jest's own realm does not know. */
function plain(rows: unknown): unknown {
  return JSON.parse(JSON.stringify(rows));
}

const silent = { warn() {}, error() {}, debug() {}, deprecate() {} };
