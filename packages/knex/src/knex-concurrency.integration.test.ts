import assert from "node:assert/strict";
import { MemoryCache, TieredStore } from "@aside/core";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { closedGate } from "../fixtures/closed-gate.js";
import { leakClauses } from "../fixtures/leak-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { addInProcesses } from "../fixtures/processes.js";
import {
  configOfUrl,
  knexOnUrl,
  mariaDb,
  newDatabase,
  openNewDatabase,
  type SqlServer,
  sqlServers,
} from "../fixtures/server-databases.js";
import { tokenMemoryClauses } from "../fixtures/token-memory-clauses.js";

for (const kind of sqlServers)
  describeWithServers([kind.needs], `Knex on one ${kind.name} from many sides`, () => {
    let server: SqlServer;
    beforeAll(async () => {
      server = await kind.start();
    }, 60_000);
    afterAll(() => server?.stop());

    describe("TieredStore.update", () => {
      it("keeps 20 changes of one key that come at once over two pools", async () => {
        await using first = await openNewDatabase(server);
        await using second = openDatabase(knexOnUrl(first.url));
        const cache = new MemoryCache();
        const stores = [first, second].map(
          ({ database }) =>
            new TieredStore<number>({ name: "counts", cache, persistence: database.collection("counts") }),
        );
        await Promise.all(
          stores.flatMap((store) => Array.from({ length: 10 }, () => store.update("a", (n = 0) => n + 1))),
        );
        assert.equal(await stores[0]?.get("a"), 20);
        await Promise.all(stores.map((store) => store.close()));
      });

      if (kind === mariaDb)
        it("costs BEGIN, UPDATE and COMMIT from a cached copy", async () => {
          await using opened = await openNewDatabase(server);
          const { knex, database } = opened;
          await using counts = new TieredStore<number>({
            name: "counts",
            cache: new MemoryCache(),
            persistence: database.collection("counts"),
            relay: { pollMs: 60_000 },
          });
          const statements = async () => {
            const names = ["begin", "commit", "select", "insert", "update", "delete"];
            const sql = `SHOW GLOBAL STATUS WHERE Variable_name IN (${names.map((name) => `'Com_${name}'`).join(", ")})`;
            const [rows] = await knex.raw<[{ Variable_name: string; Value: string }[]]>(sql);
            return new Map(rows?.map((row) => [row.Variable_name.slice("Com_".length), Number(row.Value)]));
          };
          await counts.set("a", 1, { ttlMs: 60_000 });
          await counts.get("a");
          await new Promise((resolve) => setTimeout(resolve, 50)); // the fill goes on behind the read
          const before = await statements();
          assert.equal(await counts.update("a", (n = 0) => n + 1), 2);
          const after = await statements();
          const cost = [...after].flatMap(([name, count]) => {
            const more = count - (before.get(name) ?? 0);
            return more === 0 ? [] : [[name, more]];
          });
          assert.deepEqual(Object.fromEntries(cost), { begin: 1, update: 1, commit: 1 });
        });
    });

    describe("a row that is not there, read for update", () => {
      it("by twenty at once that then write it: none is lost, and none has to be repeated", async () => {
        await using opened = await openNewDatabase(server);
        const { database } = opened;
        const rows = database.collection<number>("rows");
        let attempts = 0;
        const add = () =>
          database.run(async () => {
            attempts += 1;
            const before = (await rows.readMany(["a"], { forUpdate: true })).get("a")?.value ?? 0;
            await rows.write("a", before + 1);
          });
        await Promise.all(Array.from({ length: 20 }, add));
        assert.equal((await rows.readMany(["a"])).get("a")?.value, 20);
        assert.equal(attempts, 20);
      });

      it("keeps a single write waiting until the end, and leaves nothing behind", async () => {
        await using opened = await openNewDatabase(server);
        const { knex, database } = opened;
        const rows = database.collection<string>("rows");
        const order: string[] = [];
        const locked = closedGate();
        const finish = closedGate();
        const reader = database.run(async () => {
          assert.equal((await rows.readMany(["a", "b"], { forUpdate: true })).size, 0);
          locked.open();
          await finish.passed;
          order.push("reader ends");
        });
        await locked.passed;
        const writer = rows.write("a", "written").then(() => order.push("writer wrote"));
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.deepEqual(order, []);
        finish.open();
        await Promise.all([reader, writer]);
        assert.deepEqual(order, ["reader ends", "writer wrote"]);
        assert.deepEqual(await knex("aside_values").pluck("value"), ['"written"'].map(String));
      });

      it("is found if it was inserted while the reader waited", async () => {
        await using opened = await openNewDatabase(server);
        const { database } = opened;
        const rows = database.collection<string>("rows");
        const written = closedGate();
        const finish = closedGate();
        const writer = database.run(async () => {
          await rows.write("a", "inserted");
          written.open();
          await finish.passed;
        });
        await written.passed;
        const reader = database.run(
          async () => (await rows.readMany(["a"], { forUpdate: true })).get("a")?.value,
        );
        await new Promise((resolve) => setTimeout(resolve, 50));
        finish.open();
        await writer;
        assert.equal(await reader, "inserted");
      });

      it("that has ended is locked like one that was never there", async () => {
        await using opened = await openNewDatabase(server);
        const { database } = opened;
        const rows = database.collection<number>("rows");
        await rows.write("a", 99, { expiresAtMs: 1 });
        const add = () =>
          database.run(async () => {
            const before = (await rows.readMany(["a"], { forUpdate: true })).get("a")?.value ?? 0;
            await rows.write("a", before + 1);
          });
        await Promise.all(Array.from({ length: 10 }, add));
        assert.equal((await rows.readMany(["a"])).get("a")?.value, 10);
      });
    });

    describe("an empty database", () => {
      it("may be set up by ten instances and three processes at once", async () => {
        const url = await newDatabase(server);
        const opened = Array.from({ length: 10 }, () => openDatabase(knexOnUrl(url)));
        try {
          await Promise.all([
            addInProcesses(configOfUrl(url), 3, 20),
            ...opened.map(({ database }) => database.ensureSchema()),
          ]);
          const found = await opened[0]?.database.collection<number>("rows").readMany(["counter"]);
          assert.equal(found?.get("counter")?.value, 60);
        } finally {
          await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
        }
      }, 60_000);
    });

    describe("keys", () => {
      it("of 255 characters of any kind are told apart by their last one", async () => {
        await using opened = await openNewDatabase(server);
        const rows = opened.database.collection<string>("rows");
        const keys = ["👍", "👎", "a", "a "].map((last) => "👍".repeat(254) + last);
        for (const key of keys) await rows.write(key, key, { expectedVersion: null });
        const found = await rows.readMany(keys);
        assert.deepEqual(
          keys.map((key) => found.get(key)?.value),
          keys,
        );
      });
    });

    describe("text", () => {
      it("of a codec, and keys, may hold every character, NUL and its neighbours too", async () => {
        await using opened = await openNewDatabase(server);
        const codec = { encode: String, decode: (text: string) => text };
        const rows = opened.database.collection<string>("rows", { codec });
        const texts = ["\0", "\u0001", "\u0001n", "\0n\u0001", "a\0b", "\u0001\u0001n", "\\x00", "n"];
        for (const text of texts) await rows.write(text, text, { expectedVersion: null });
        const found = await rows.readMany(texts);
        for (const text of texts) assert.equal(found.get(text)?.value, text);
        await opened.database.run(async () => {
          assert.equal((await rows.readMany([...texts, "\0\0"], { forUpdate: true })).size, texts.length);
          for (const text of texts) assert.deepEqual(await rows.remove(text), { removed: true });
        });
        assert.equal((await rows.readMany(texts)).size, 0);
      });
    });

    describe("fencing tokens", () => {
      tokenMemoryClauses((options) => openNewDatabase(server, options));
    });

    describe(`errors of ${kind.name}`, () => {
      leakClauses(() => openNewDatabase(server));
    });
  });
