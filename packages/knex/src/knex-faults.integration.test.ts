import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAsideError, type TransactionEnd } from "@aside/core";
import { startTcpProxy, type TcpProxy } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import knexFactory, { type Knex } from "knex";
import { createPool } from "mysql2";
import { Pool } from "pg";
import { closedGate } from "../fixtures/closed-gate.js";
import { expectCode } from "../fixtures/expect-code.js";
import { openDatabase } from "../fixtures/open-database.js";
import {
  configOfUrl,
  type KnexOnUrlOptions,
  knexOnUrl,
  mariaDb,
  newDatabase,
  postgres,
  type SqlServer,
  sqlServers,
} from "../fixtures/server-databases.js";
import { silentLog } from "../fixtures/silent-log.js";
import type { KnexDatabase } from "./knex-database.js";
import type { KnexDatabaseOptions } from "./knex-database-options.js";

/** Settings of connections that would break a promise. */
const unfit: Readonly<
  Record<
    string,
    readonly { readonly name: string; readonly startWith: readonly string[]; readonly says: RegExp }[]
  >
> = {
  MariaDB: [
    { name: "autocommit off", startWith: ["SET SESSION autocommit = 0"], says: /autocommit/ },
    {
      name: "dirty reads",
      startWith: ["SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"],
      says: /READ UNCOMMITTED/,
    },
    { name: "another character set", startWith: ["SET NAMES latin1"], says: /utf8mb4/ },
    {
      name: "simultaneous assignment",
      startWith: ["SET SESSION sql_mode = 'SIMULTANEOUS_ASSIGNMENT'"],
      says: /SIMULTANEOUS_ASSIGNMENT/,
    },
  ],
  PostgreSQL: [
    { name: "another character set", startWith: ["SET client_encoding = 'LATIN1'"], says: /UTF8/ },
  ],
};

for (const kind of sqlServers)
  describeWithServers([kind.needs], `Knex on a ${kind.name} that fails`, () => {
    let server: SqlServer;
    let proxy: TcpProxy;
    /** Through the proxy, and past it. */
    let url: string;
    let directUrl: string;

    beforeAll(async () => {
      server = await kind.start();
    }, 60_000);
    afterAll(() => server?.stop());

    beforeEach(async () => {
      proxy = await startTcpProxy(server);
      directUrl = await newDatabase(server);
      url = directUrl.replace(`:${server.port}/`, `:${proxy.port}/`);
      await using direct = openDatabase(knexOnUrl(directUrl));
      await direct.database.ensureSchema();
    });
    afterEach(() => proxy?.stop());

    const open = (options?: KnexDatabaseOptions, settings?: KnexOnUrlOptions) =>
      openDatabase(knexOnUrl(url, settings), options);

    /** What stands, read past the proxy over a new connection. */
    const standing = async (key: string): Promise<unknown> => {
      await using direct = openDatabase(knexOnUrl(directUrl));
      return (await direct.database.collection("rows").readMany([key])).get(key)?.value;
    };

    /** Writes a row in a transaction, does `beforeCommit` as the last thing before COMMIT, and tells how it ended. */
    const commitWith = async (
      database: KnexDatabase,
      beforeCommit: () => unknown,
    ): Promise<{ readonly error: unknown; readonly ends: readonly TransactionEnd[] }> => {
      const rows = database.collection<string>("rows");
      const ends: TransactionEnd[] = [];
      const work = database.run(async () => {
        await rows.write("a", "written");
        database.current()?.participant({}, () => ({
          beforeCommit: async () => void (await beforeCommit()),
          afterEnd: async (end) => void ends.push(end),
        }));
      });
      const error = await work.then(
        () => undefined,
        (rejection: unknown) => rejection,
      );
      return { error, ends };
    };

    const expectUnknown = async (
      { error, ends }: Awaited<ReturnType<typeof commitWith>>,
      settled: "gone" | "waited",
    ): Promise<void> => {
      assert.ok(isAsideError(error, "COMMIT_UNKNOWN"), String(error));
      assert.equal(error.committed, "unknown");
      assert.equal(ends.length, 1);
      const [end] = ends;
      assert.ok(end?.outcome === "unknown");
      assert.equal(await end.settled, settled);
    };

    describe("a COMMIT whose reply is lost", () => {
      it("is unknown; once its session is gone the row stands, and stays", async () => {
        await using opened = open();
        const outcome = await commitWith(opened.database, () => proxy.cutAfterBytes(0, "replies"));
        await expectUnknown(outcome, "gone");
        assert.equal(await standing("a"), "written");
      });

      it("that did not reach the server is unknown, too; the row is not there, nor locked", async () => {
        await using opened = open();
        const outcome = await commitWith(opened.database, () => proxy.cutAfterBytes(0, "requests"));
        await expectUnknown(outcome, "gone");
        assert.equal(await standing("a"), undefined);
        await opened.database.collection("rows").write("a", "next");
      });

      it("that comes late out of a hole in the network is waited for", async () => {
        await using opened = open({ statementTimeoutMs: 300, acquireTimeoutMs: 300 });
        const outcome = await commitWith(opened.database, () => proxy.blackHole());
        const [end] = outcome.ends;
        assert.ok(end?.outcome === "unknown");
        let settled = false;
        void end.settled.then(() => {
          settled = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.equal(settled, false, "nobody can tell while the network is down");
        await proxy.resume();
        await expectUnknown(outcome, "gone");
        const value = await standing("a");
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.equal(await standing("a"), value, "what stands once the session is gone stays");
      });

      it("whose session lives on without its client is ended, so that its locks go", async () => {
        let port = proxy.port;
        await using opened = open({ statementTimeoutMs: 300 }, { movingPort: () => port });
        const outcome = await commitWith(opened.database, () => {
          proxy.blackHole();
          port = server.port;
        });
        await expectUnknown(outcome, "gone");
        // The COMMIT arrives now, late: to be waited for in vain by then.
        await proxy.resume();
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal(await standing("a"), undefined);
        await opened.database.collection("rows").write("a", "next");
      });

      it("because the server was killed and started again is decided by the start", async () => {
        await using opened = open({ acquireTimeoutMs: 500 });
        const outcome = await commitWith(opened.database, async () => {
          await server.pause();
          setTimeout(() => void server.restart(), 100);
        });
        await expectUnknown(outcome, "gone");
        const value = await standing("a");
        assert.ok(value === undefined || value === "written");
      });

      it("is waited for no longer than unknownCommitMs", async () => {
        let port = proxy.port;
        await using opened = open(
          { unknownCommitMs: 300, acquireTimeoutMs: 100 },
          { movingPort: () => port },
        );
        const outcome = await commitWith(opened.database, () => {
          proxy.cutAfterBytes(0, "replies");
          port = 1;
        });
        await expectUnknown(outcome, "waited");
      });

      it("close() waits for the search", async () => {
        await using opened = open();
        const outcome = await commitWith(opened.database, () => proxy.cutAfterBytes(0, "replies"));
        const order: string[] = [];
        const [end] = outcome.ends;
        assert.ok(end?.outcome === "unknown");
        void end.settled.then(() => order.push("settled"));
        await opened.database.close();
        assert.deepEqual(order, ["settled"]);
      });
    });

    describe("a connection that breaks before COMMIT was sent", () => {
      it("is a rollback, by the server's death as well", async () => {
        await using opened = open();
        const { database } = opened;
        const rows = database.collection<string>("rows");
        const ends: string[] = [];
        const work = database.run(async () => {
          await rows.write("a", "never");
          database.current()?.participant({}, () => ({
            async beforeCommit() {},
            afterEnd: async (end) => void ends.push(end.outcome),
          }));
          await server.kill();
          await rows.write("b", "never");
        });
        await expectCode(work, "DATABASE_UNAVAILABLE");
        assert.deepEqual(ends, ["rolled-back"]);
        await expectCode(rows.readMany(["a"]), "DATABASE_UNAVAILABLE");
        await server.restart();
        assert.equal((await rows.readMany(["a", "b"])).size, 0);
        await database.run(() => rows.write("a", "again"));
        assert.equal(await standing("a"), "again");
      });

      it("is a rollback, though the work catches the error", async () => {
        await using opened = open();
        const { database } = opened;
        const rows = database.collection<string>("rows");
        const work = database.run(async () => {
          await rows.write("a", "never");
          proxy.dropConnections();
          await expectCode(rows.write("b", "never"), "DATABASE_UNAVAILABLE");
        });
        await expectCode(work, "DATABASE_UNAVAILABLE");
        assert.equal(await standing("a"), undefined);
      });

      it("is a rollback, though nobody sent anything after it broke", async () => {
        await using opened = open();
        const { database } = opened;
        const { error, ends } = await commitWith(database, async () => {
          proxy.dropConnections();
          // Long enough for this process to see the end of its connection: nothing can have been sent any more.
          await new Promise((resolve) => setTimeout(resolve, 50));
        });
        assert.ok(isAsideError(error));
        assert.ok(["COMMIT_UNKNOWN", "DATABASE_UNAVAILABLE"].includes(error.code));
        for (const end of ends) if (end.outcome === "unknown") assert.equal(await end.settled, "gone");
        assert.equal(await standing("a"), undefined);
      });
    });

    describe("a pooled connection that died unseen", () => {
      it("is replaced before a transaction begins", async () => {
        await using opened = open();
        const rows = opened.database.collection<number>("rows");
        await rows.write("a", 1);
        proxy.dropConnections();
        await opened.database.run(() => rows.write("a", 2));
        assert.equal(await standing("a"), 2);
      });

      it("is replaced for a read", async () => {
        await using opened = open();
        const rows = opened.database.collection<number>("rows");
        await rows.write("a", 1);
        proxy.dropConnections();
        assert.equal((await rows.readMany(["a"])).get("a")?.value, 1);
      });

      it("leaves a single write unknown, which is never sent twice", async () => {
        await using opened = open();
        const rows = opened.database.collection<number>("rows");
        await rows.write("a", 1);
        proxy.cutAfterBytes(0, "replies");
        await assert.rejects(rows.write("a", 2), { code: "DATABASE_UNAVAILABLE", committed: "unknown" });
        assert.equal(await standing("a"), 2);
      });
    });

    describe("a server that stands still", () => {
      it("costs a statement its deadline, and the connection with it", async () => {
        await using opened = open({ statementTimeoutMs: 200 });
        const rows = opened.database.collection<number>("rows");
        await rows.write("a", 1);
        await server.pause();
        try {
          await expectCode(rows.readMany(["a"]), "DATABASE_TIMEOUT");
        } finally {
          server.resume();
        }
        assert.equal((await rows.readMany(["a"])).get("a")?.value, 1);
      });

      it("leaves no caller of the same connection waiting", async () => {
        await using opened = open({ statementTimeoutMs: 200 });
        const { database } = opened;
        const rows = database.collection<number>("rows");
        const stuck: Promise<unknown>[] = [];
        const work = database.run(async () => {
          await rows.write("a", 1);
          await server.pause();
          stuck.push(
            database.connection().raw("select 1").then(Boolean),
            rows.write("b", 1),
            rows.write("c", 1),
          );
          const settled = await Promise.allSettled(stuck);
          assert.deepEqual(
            settled.map(({ status }) => status),
            ["rejected", "rejected", "rejected"],
          );
        });
        try {
          await assert.rejects(work, (error) => isAsideError(error));
        } finally {
          server.resume();
        }
        assert.equal(await standing("a"), undefined);
      });
    });

    describe("a transaction that the server ends", () => {
      it("by a deadlock takes no statement more, though the user's own SQL met it and the error was caught", async () => {
        await using opened = open();
        const { knex, database } = opened;
        await knex.schema.createTable("accounts", (table) => {
          table.string("id").primary();
          table.integer("amount").notNullable();
        });
        await knex("accounts").insert(["a", "b", "c"].map((id) => ({ id, amount: 0 })));
        const add = async (id: string) =>
          database.connection()("accounts").where({ id }).increment("amount", 1);
        const gates = [closedGate(), closedGate()] as const;
        let victims = 0;
        const crosswise = (mine: 0 | 1, first: string, second: string) =>
          database.run(async () => {
            await add(first);
            gates[mine].open();
            await gates[mine === 0 ? 1 : 0].passed;
            try {
              await add(second);
            } catch {
              victims += 1;
              await expectCode(add("c"), "TRANSACTION_CONFLICT");
              await expectCode(database.collection("rows").write("c", 1), "TRANSACTION_CONFLICT");
            }
          });
        const results = await Promise.allSettled([crosswise(0, "a", "b"), crosswise(1, "b", "a")]);
        assert.equal(victims, 1);
        const failed = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
        assert.equal(failed.length, 1);
        assert.ok(isAsideError(failed[0], "TRANSACTION_CONFLICT"));
        assert.deepEqual(
          (await knex("accounts").orderBy("id")).map(({ amount }) => amount),
          [1, 1, 0],
        );
        assert.equal(await standing("c"), undefined);
      });

      it("by a repeatable one's deadlock in the user's own SQL is run again", async () => {
        await using opened = open();
        const { knex, database } = opened;
        await knex.schema.createTable("accounts", (table) => {
          table.string("id").primary();
          table.integer("amount").notNullable();
        });
        await knex("accounts").insert(["a", "b"].map((id) => ({ id, amount: 0 })));
        const add = async (id: string) =>
          database.connection()("accounts").where({ id }).increment("amount", 1);
        const gates = [closedGate(), closedGate()] as const;
        const crosswise = (mine: 0 | 1, first: string, second: string) =>
          database.run(
            async () => {
              await add(first);
              gates[mine].open();
              await gates[mine === 0 ? 1 : 0].passed;
              await add(second);
            },
            { repeatable: true },
          );
        await Promise.all([crosswise(0, "a", "b"), crosswise(1, "b", "a")]);
        assert.deepEqual(
          (await knex("accounts").orderBy("id")).map(({ amount }) => amount),
          [2, 2],
        );
      });

      it("by a deadlock takes none of the statements that were issued at the same time, either", async () => {
        await using opened = open();
        const { database } = opened;
        const rows = database.collection<string>("rows");
        const gates = [closedGate(), closedGate()] as const;
        const crosswise = (mine: 0 | 1, first: string, second: string) =>
          database.run(async () => {
            await rows.write(first, "locked");
            gates[mine].open();
            await gates[mine === 0 ? 1 : 0].passed;
            const also = [
              database.connection()("aside_values").where({ item_key: "none" }).del().then(Boolean),
            ];
            await Promise.all([
              rows.write(second, "locked"),
              ...also,
              rows.write(`of ${mine}`, "with the rest"),
            ]);
          });
        const results = await Promise.allSettled([crosswise(0, "a", "b"), crosswise(1, "b", "a")]);
        const winner = results.findIndex(({ status }) => status === "fulfilled");
        assert.ok(winner >= 0);
        assert.equal(results.filter(({ status }) => status === "rejected").length, 1);
        assert.equal(await standing(`of ${winner}`), "with the rest");
        assert.equal(await standing(`of ${1 - winner}`), undefined);
      });

      if (kind === mariaDb)
        it("by a statement that defines data is told, since nobody can take back what it committed", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<string>("rows");
          const ends: TransactionEnd[] = [];
          const work = database.run(async () => {
            await rows.write("a", "committed by the server");
            database.current()?.participant({}, () => ({
              async beforeCommit() {},
              afterEnd: async (end) => void ends.push(end),
            }));
            await database.connection().schema.createTable("surprise", (table) => void table.increments());
            await expectCode(rows.write("b", "not by itself"), "DATABASE_FAILED");
          });
          await assert.rejects(work, { code: "DATABASE_FAILED", committed: "unknown" });
          const [end] = ends;
          assert.ok(end?.outcome === "unknown");
          assert.equal(await end.settled, "gone");
          assert.equal(await standing("a"), "committed by the server");
          assert.equal(await standing("b"), undefined);
        });
    });

    if (kind === postgres)
      describe("a statement that fails on PostgreSQL", () => {
        const breakRule = (database: KnexDatabase) =>
          database.connection()("aside_values").insert({ collection: "rows", item_key: "a", version: "v" });

        it("ends the transaction, though its error was caught: nothing is committed, and the caller is told", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<string>("rows");
          await rows.write("a", "before");
          const ends: TransactionEnd[] = [];
          const work = database.run(async () => {
            await rows.write("b", "never");
            database.current()?.participant({}, () => ({
              async beforeCommit() {},
              afterEnd: async (end) => void ends.push(end),
            }));
            await assert.rejects(breakRule(database));
          });
          await assert.rejects(work, { code: "DATABASE_FAILED", committed: false });
          assert.deepEqual(ends, [{ outcome: "rolled-back" }]);
          assert.equal(await standing("b"), undefined);
        });

        it("has every later one refused with a reason", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<string>("rows");
          await rows.write("a", "before");
          const work = database.run(async () => {
            await assert.rejects(breakRule(database));
            await rows.write("b", "never");
          });
          await assert.rejects(work, { code: "DATABASE_FAILED", message: /earlier statement/ });
        });

        it("costs only its savepoint, where a nested transaction makes one", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<string>("rows");
          await rows.write("a", "before");
          await database.run(async () => {
            await assert.rejects(
              database
                .connection()
                .transaction((nested) =>
                  nested("aside_values").insert({ collection: "rows", item_key: "a", version: "v" }),
                ),
            );
            await rows.write("b", "after");
          });
          assert.equal(await standing("b"), "after");
        });

        it("may be several sent as one that end it: nothing is sent after them, and the end is unknown", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<string>("rows");
          const work = database.run(async () => {
            await rows.write("a", "committed");
            const several = database.connection().raw("select pg_sleep(0.2); commit").then(Boolean);
            await new Promise((resolve) => setTimeout(resolve, 50));
            await Promise.all([several, rows.write("b", "not by itself")]);
          });
          await assert.rejects(work, { code: "DATABASE_FAILED", committed: "unknown" });
          assert.equal(await standing("a"), "committed");
          assert.equal(await standing("b"), undefined);
        });
      });

    if (kind === postgres)
      describe("a column that changes its type while statements are prepared", () => {
        it("costs a caller nothing but another connection", async () => {
          await using opened = open();
          const { knex, database } = opened;
          const rows = database.collection<string>("rows");
          await rows.write("a", "before");
          assert.equal((await rows.readMany(["a"])).size, 1);
          await knex.raw("alter table aside_values alter column version type text");
          assert.equal((await rows.readMany(["a"])).size, 1);
          await database.run(() => rows.write("a", "after"), { repeatable: true });
        });
      });

    if (kind === postgres)
      describe("a pooler, which gives sessions numbers of its own", () => {
        it("gets no prepared statements, and hides the session of a lost COMMIT", async () => {
          const renumber = (connection: { processID: number }, done: (error?: unknown) => void) => {
            connection.processID = 4_711;
            done();
          };
          const { client, connection } = configOfUrl(url);
          const knex = knexFactory({
            client,
            connection,
            pool: { min: 0, max: 2, afterCreate: renumber },
            log: silentLog,
          });
          await using opened = openDatabase(knex, { unknownCommitMs: 300 });
          const { database } = opened;
          await database.run(async () => {
            await database.collection<number>("rows").readMany(["a"]);
            const { rows } = await database
              .connection()
              .raw("select count(*) as many from pg_prepared_statements");
            assert.equal(rows[0].many, "0");
          });
          await expectUnknown(await commitWith(database, () => proxy.cutAfterBytes(0, "replies")), "waited");
          assert.equal(await standing("a"), "written");
        });
      });

    if (kind === postgres)
      describe("a server that is a replica", () => {
        it("is refused by CONFIGURATION until it is the primary", async () => {
          const dataFolder = server.args[server.args.indexOf("-D") + 1] as string;
          const signal = join(dataFolder, "standby.signal");
          await server.kill("SIGINT");
          await writeFile(signal, "");
          await server.restart();
          await using opened = open({ acquireTimeoutMs: 2_000 });
          const rows = opened.database.collection<number>("rows");
          try {
            await assert.rejects(rows.readMany(["a"]), { code: "CONFIGURATION", message: /replica/ });
          } finally {
            await server.kill("SIGINT");
            await rm(signal);
            await server.restart();
          }
          assert.equal((await rows.readMany(["a"])).size, 0);
        });
      });

    if (kind === postgres)
      describe("a pool of pg's own", () => {
        it("lends connections as Knex's does, and gets none back that broke", async () => {
          const native = new Pool({ connectionString: url, max: 1 });
          native.on("error", () => undefined);
          try {
            const config = { client: "pg", connectionPool: native, log: silentLog } as Knex.Config;
            await using opened = openDatabase(knexFactory(config), { acquireTimeoutMs: 2_000 });
            const { database } = opened;
            const rows = database.collection<number>("rows");
            await database.run(async () => {
              await rows.write("a", 1);
              assert.equal((await database.connection()("aside_values")).length, 1);
            });
            const outcome = await commitWith(database, () => proxy.cutAfterBytes(0, "replies"));
            await expectUnknown(outcome, "gone");
            assert.equal((await rows.readMany(["a"])).size, 1);
          } finally {
            await native.end();
          }
        });
      });

    if (kind === mariaDb)
      describe("a pool of mysql2's own", () => {
        it("lends connections as Knex's does, and gets none back that broke", async () => {
          const { host, port, user, password, database: schema } = configOfUrl(url).connection;
          const native = createPool({ host, port, user, password, database: schema, connectionLimit: 1 });
          try {
            const config = { client: "mysql2", connectionPool: native, log: silentLog } as Knex.Config;
            await using opened = openDatabase(knexFactory(config), { acquireTimeoutMs: 2_000 });
            const { database } = opened;
            const rows = database.collection<number>("rows");
            await database.run(async () => {
              await rows.write("a", 1);
              assert.equal((await database.connection()("aside_values")).length, 1);
            });
            const outcome = await commitWith(database, () => proxy.cutAfterBytes(0, "replies"));
            await expectUnknown(outcome, "gone");
            assert.equal((await rows.readMany(["a"])).size, 1);
          } finally {
            native.end();
          }
        });
      });

    if (kind === mariaDb)
      describe("a user's own stream", () => {
        it("reads within the transaction", async () => {
          await using opened = open();
          const { database } = opened;
          const rows = database.collection<number>("rows");
          const seen: string[] = [];
          await database.run(async () => {
            await rows.write("a", 1);
            const stream = database.connection()("aside_values").select("item_key").stream();
            for await (const row of stream) seen.push(String(row.item_key));
          });
          assert.deepEqual(seen, ["a"]);
        });
      });

    describe("a pool", () => {
      it("that is exhausted costs a call its deadline", async () => {
        await using opened = open({ acquireTimeoutMs: 100 }, { poolMax: 1 });
        const { knex, database } = opened;
        const rows = database.collection<number>("rows");
        const taken = await knex.transaction();
        await expectCode(rows.readMany(["a"]), "DATABASE_TIMEOUT");
        await expectCode(
          database.run(async () => undefined),
          "DATABASE_TIMEOUT",
        );
        await taken.rollback();
        await database.run(() => rows.write("a", 1));
      });

      it.each(unfit[kind.name] ?? [])(
        "whose connections have $name is refused by CONFIGURATION, and loses none",
        async ({ startWith, says }) => {
          await using opened = open({ acquireTimeoutMs: 1_000 }, { poolMax: 1, startWith });
          const rows = opened.database.collection<number>("rows");
          const refused = { code: "CONFIGURATION", message: says };
          await assert.rejects(rows.readMany(["a"]), refused);
          await assert.rejects(rows.write("a", 1), refused);
          await assert.rejects(
            opened.database.run(async () => undefined),
            refused,
          );
          assert.equal((await opened.knex.select(opened.knex.raw("1 as one")))[0].one, 1);
        },
      );

      it("with a wrong password is unavailable", async () => {
        await using opened = open({}, { connection: { password: "wrong" } });
        await expectCode(opened.database.collection("rows").readMany(["a"]), "DATABASE_UNAVAILABLE");
      });
    });
  });
