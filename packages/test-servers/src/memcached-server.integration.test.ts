import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, it } from "@jest/globals";
import { describeWithServers } from "./jest/describe-with-servers.js";
import { type MemcachedServer, startMemcached } from "./memcached-server.js";

/** Sends one command of the text protocol; what came back within the time, if anything. */
function ask({ host, port }: MemcachedServer, command: string, withinMs = 2000): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect({ host, port }, () => socket.write(command));
    socket.setTimeout(withinMs, () => socket.destroy());
    socket.on("data", (bytes) => {
      reply += bytes.toString();
      if (/^(STORED|END)\r\n$/m.test(reply)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(reply));
  });
}

const foldersOfServers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith("aside-memcached-"));

describeWithServers(["memcached"], "startMemcached", () => {
  let server: MemcachedServer;
  beforeEach(async () => {
    server = await startMemcached();
  });
  afterEach(async () => {
    await server.stop();
  });

  it("starts an empty server that answers on its address", async () => {
    assert.equal(await ask(server, "set a 0 0 1\r\n1\r\n"), "STORED\r\n");
    assert.equal(await ask(server, "get a\r\n"), "VALUE a 0 1\r\n1\r\nEND\r\n");
    assert.equal(server.url, `memcached://127.0.0.1:${server.port}`);
    assert.equal(server.address, `127.0.0.1:${server.port}`);
  });

  it("runs several servers side by side", async () => {
    const others = await Promise.all([startMemcached(), startMemcached({ args: ["-C"] })]);
    try {
      assert.equal(new Set([server, ...others].map((each) => each.port)).size, 3);
      assert.match(await ask(others[1], "stats settings\r\n"), /STAT cas_enabled no/);
    } finally {
      await Promise.all(others.map((other) => other.stop()));
    }
  });

  it("is gone after kill, and back, empty, on the same port after restart", async () => {
    await ask(server, "set a 0 0 1\r\n1\r\n");
    const { port, pid } = server;
    await server.kill();
    assert.equal(server.pid, undefined);
    await assert.rejects(ask(server, "get a\r\n"), { code: "ECONNREFUSED" });
    await server.restart();
    assert.equal(server.port, port);
    assert.notEqual(server.pid, pid);
    assert.equal(await ask(server, "get a\r\n"), "END\r\n");
  });

  it("moves to another port where it is told so", async () => {
    const { port } = server;
    await server.restart({ keepPort: false, signal: "SIGTERM" });
    assert.notEqual(server.port, port);
    assert.equal(await ask(server, "get a\r\n"), "END\r\n");
  });

  it("takes connections but answers nothing while paused", async () => {
    await server.pause();
    assert.equal(await ask(server, "get a\r\n", 100), "");
    server.resume();
    assert.equal(await ask(server, "get a\r\n"), "END\r\n");
  });

  it("ends a paused server by SIGTERM too", async () => {
    await server.pause();
    await server.kill("SIGTERM");
    assert.equal(server.pid, undefined);
  });

  it("leaves no process and no folder behind", async () => {
    const other = await startMemcached();
    const pid = other.pid ?? 0;
    const folders = foldersOfServers();
    await other.pause();
    await other.stop();
    await other.stop();
    assert.equal(existsSync(`/proc/${pid}`), false);
    assert.equal(foldersOfServers().length < folders.length, true);
    await assert.rejects(other.restart(), /was stopped/);
  });

  it("tells why a server did not start", async () => {
    await assert.rejects(
      startMemcached({ args: ["-m", "none"] }),
      /memcached on port \d+ ended while it started/,
    );
  });
});
