import assert from "node:assert/strict";
import { afterAll, beforeAll, it } from "@jest/globals";
import { createConnection } from "mysql2/promise";
import { describeWithServers } from "./jest/describe-with-servers.js";
import { type MariaDbServer, startMariaDb } from "./mariadb-server.js";

async function query(uri: string, sql: string): Promise<unknown> {
  const connection = await createConnection({ uri, connectTimeout: 2000 });
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    connection.destroy();
  }
}

describeWithServers(["mariadb"], "startMariaDb", () => {
  let server: MariaDbServer;
  beforeAll(async () => {
    server = await startMariaDb();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
  });

  it("gives a user who may do everything, and an empty database", async () => {
    assert.deepEqual(await query(server.url, "SHOW TABLES"), []);
    assert.deepEqual(await query(server.url, "SELECT DATABASE() d, @@port p"), [
      { d: "aside", p: server.port },
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

  it("answers nothing while paused", async () => {
    await server.pause();
    await assert.rejects(query(server.url, "SELECT 1"), { code: "ETIMEDOUT" });
    server.resume();
    assert.deepEqual(await query(server.url, "SELECT 1 n"), [{ n: 1 }]);
  });

  it("creates a database afresh", async () => {
    const url = await server.createDatabase("shop");
    await query(url, "CREATE TABLE t (n INT)");
    assert.equal(await server.createDatabase("shop"), url);
    assert.deepEqual(await query(url, "SHOW TABLES"), []);
    await assert.rejects(server.createDatabase("a`b"), TypeError);
  });

  it("shuts down in good order where it is told so", async () => {
    await query(server.url, "CREATE TABLE orderly (n INT)");
    await server.restart({ signal: "SIGTERM", keepPort: false });
    assert.deepEqual(await query(server.url, "SELECT * FROM orderly"), []);
  });
});
