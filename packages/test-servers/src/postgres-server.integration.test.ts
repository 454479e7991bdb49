import assert from "node:assert/strict";
import { afterAll, beforeAll, it } from "@jest/globals";
import pg from "pg";
import { describeWithServers } from "./jest/describe-with-servers.js";
import { type PostgresServer, startPostgres } from "./postgres-server.js";

async function query(connectionString: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000, query_timeout: 2000 });
  client.on("error", () => undefined); // a crash ends it, which the query under way tells
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    void client.end();
  }
}

const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";

describeWithServers(["postgres"], "startPostgres", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
  });

  it("gives a user who may do everything, and an empty database", async () => {
    assert.deepEqual(await query(server.url, tables), []);
    assert.deepEqual(await query(server.url, "SELECT current_database() d, current_setting('port') p"), [
      { d: "aside", p: String(server.port) },
    ]);
  });

  it("keeps what was committed over a crash, on the same port", async () => {
    const { port, pid } = server;
    await query(server.url, "CREATE TABLE kept (n INT PRIMARY KEY)");
    await query(server.url, "INSERT INTO kept VALUES (1)");
    await server.kill();
    await assert.rejects(query(server.url, "SELECT 1"), { code: "ECONNREFUSED" });
    await server.restart();
    assert.equal(server.port, port);
    assert.notEqual(server.pid, pid);
    assert.deepEqual(await query(server.url, "SELECT n FROM kept"), [{ n: 1 }]);
  });

  it("loses what it was at when it crashes, in each of its processes", async () => {
    await query(server.url, "CREATE TABLE busy (n INT PRIMARY KEY)");
    const client = new pg.Client(server.url);
    const broken = new Promise((resolve) => client.on("error", resolve));
    await client.connect();
    await client.query("BEGIN");
    await client.query("INSERT INTO busy VALUES (1)");
    const under = client.query("SELECT pg_sleep(60)").catch((error: Error) => error);
    await server.kill();
    assert.ok((await under) instanceof Error);
    await broken;
    await server.restart();
    assert.deepEqual(await query(server.url, "SELECT n FROM busy"), []);
  });

  it("answers nothing while paused, not over old connections either", async () => {
    const client = new pg.Client({ connectionString: server.url, query_timeout: 500 });
    await client.connect();
    await server.pause();
    await assert.rejects(query(server.url, "SELECT 1"), /timeout/);
    await assert.rejects(client.query("SELECT 1"), /timeout/);
    server.resume();
    await client.end();
    assert.deepEqual(await query(server.url, "SELECT 1 n"), [{ n: 1 }]);
  });

  it("creates a database afresh", async () => {
    const url = await server.createDatabase("shop");
    await query(url, "CREATE TABLE t (n INT)");
    assert.equal(await server.createDatabase("shop"), url);
    assert.deepEqual(await query(url, tables), []);
    await assert.rejects(server.createDatabase('a"b'), TypeError);
  });

  it("shuts down in good order where it is told so", async () => {
    await query(server.url, "CREATE TABLE orderly (n INT)");
    await server.restart({ signal: "SIGINT", keepPort: false });
    assert.deepEqual(await query(server.url, "SELECT * FROM orderly"), []);
  });
});
