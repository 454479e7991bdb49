import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@aside/core";
import { describe, it } from "@jest/globals";
import { until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { ScriptedServer } from "../test-support/scripted-server.js";
import { encodeRequest, opcodes } from "./binary-protocol.js";
import { MemcachedConnection } from "./memcached-connection.js";
import { unavailable } from "./memcached-errors.js";
import { parseServers, type ServerAddress } from "./server-address.js";
import { SingleConnectionServer } from "./single-connection-server.js";

function addressOf(server: ScriptedServer): ServerAddress {
  return parseServers(server.address)[0] as ServerAddress;
}

const version = (opaque: number): Buffer => encodeRequest(opcodes.version, opaque, "");

describe("SingleConnectionServer", () => {
  it("connects once in its life: what is written after the end of the socket goes nowhere", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const memjs = new SingleConnectionServer(addressOf(server), undefined, () => undefined);
    memjs.write(version(1));
    await until(() => server.requests.length === 1);
    server.sockets[0]?.destroy();
    await memjs.closed;
    memjs.write(version(2));
    await wait(50);
    assert.equal(server.connections, 1);
    assert.equal(server.requests.length, 1);
  });

  it("tells of the end once, whoever brings it about", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const memjs = new SingleConnectionServer(addressOf(server), undefined, () => undefined);
    const ends: unknown[] = [];
    memjs.onError(0, (error) => ends.push(error));
    memjs.write(version(1));
    await until(() => server.requests.length === 1);
    const first = new Error("first");
    memjs.reset(first);
    memjs.error(new Error("second"));
    await memjs.closed;
    assert.deepEqual(ends, [first]);
  });

  it("is reset while it connects without a trace", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const memjs = new SingleConnectionServer(addressOf(server), undefined, () => undefined);
    memjs.write(version(1));
    memjs.reset(new Error("too slow"));
    await memjs.closed;
    await wait(50);
    assert.equal(server.requests.length, 0);
  });

  it("ends with RST where bytes are on their way that must not arrive later", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const memjs = new SingleConnectionServer(addressOf(server), undefined, () => undefined);
    memjs.write(version(1));
    await until(() => server.requests.length === 1);
    const [socket] = server.sockets;
    assert.ok(socket);
    const ended: string[] = [];
    socket.on("end", () => ended.push("FIN"));
    socket.on("error", (error: NodeJS.ErrnoException) => ended.push(error.code ?? ""));
    memjs.reset(new Error("late"));
    await memjs.closed;
    await until(() => ended.length > 0);
    assert.deepEqual(ended, ["ECONNRESET"]);
  });
});

describe("MemcachedConnection", () => {
  it("takes a request to its own socket or nowhere, when that breaks between the hand-over and the write", async () => {
    await using server = await ScriptedServer.start();
    const connection = new MemcachedConnection(
      addressOf(server),
      { credentials: undefined, clock: systemClock, timeoutMs: 1_000 },
      () => undefined,
    );
    await connection.call(version, 1_000, () => ({ value: undefined }));
    // Written at the end of the tick, when the connection has ended already.
    const request = expectCode(
      connection.call(version, 1_000, () => ({ value: undefined })),
      "CACHE_UNAVAILABLE",
    );
    connection.end(unavailable("it", "was lost"));
    await request;
    await connection.closed;
    await wait(50);
    assert.equal(server.connections, 1);
    assert.equal(server.requests.length, 1);
    await expectCode(
      connection.call(version, 1_000, () => ({ value: undefined })),
      "CACHE_UNAVAILABLE",
    );
  });
});
