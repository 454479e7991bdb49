import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { systemClock } from "@aside/core";
import { ManualClock } from "@aside/core/testing";
import { freePort } from "@aside/test-servers";
import { describe, it } from "@jest/globals";
import { bytesOf, connected, longTtlMs, tokenAt, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, type Script, ScriptedServer } from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

/** Breaks every connection at the first word. */
const broken: Script = (request) => {
  request.socket.destroy();
  return "silence";
};

const finding: Script = (request) => (request.opcode === opcodes.getk ? hit(request, "v") : undefined);

describe("a server that is down", () => {
  it("is asked once for all the calls of the moment, and left alone for a while", async () => {
    await using server = await ScriptedServer.start(broken);
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, maxReconnectDelayMs: 500 });
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          expectCode(cache.getMany([`k${n}`, "other"]), "CACHE_UNAVAILABLE"),
        ),
      );
    }
    assert.equal(server.connections, 1);
    // Twenty calls a second for a minute: at most two attempts in each second, once the delay has grown.
    for (let passedMs = 0; passedMs < 60_000; passedMs += 50) {
      await clock.advance(50);
      await expectCode(cache.getMany(["k"]), "CACHE_UNAVAILABLE");
    }
    assert.ok(server.connections > 60, `it is tried again: ${server.connections} times`);
    assert.ok(server.connections < 240, `it is left alone: ${server.connections} attempts`);
  });

  it("that refuses connections fails every call at once", async () => {
    const port = await freePort();
    await using cache = openMemjsCache({ servers: `127.0.0.1:${port}`, clock: new ManualClock() });
    for (const partition of [`127.0.0.1:${port}`]) {
      const error = await expectCode(cache.connect(partition), "CACHE_UNAVAILABLE");
      assert.match(error.message, /ECONNREFUSED/);
    }
    await expectCode(cache.getMany(["a", "b"]), "CACHE_UNAVAILABLE");
    await expectCode(cache.add("a", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    await expectCode(cache.set("a", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    assert.equal(await cache.compareAndSet("a", bytesOf("v"), longTtlMs, { connection: 1 }), undefined);
    assert.equal(await cache.delete("a", { connection: 1 }), false);
  });

  it("may be asked again at once when its connection had lived", async () => {
    await using server = await ScriptedServer.start(finding);
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, maxReconnectDelayMs: 500 });
    await cache.connect(server.address);
    await clock.advance(500);
    server.sockets[0]?.destroy();
    await until(() => cache.connection(server.address) === 0);
    assert.equal((await cache.getMany(["k"])).size, 1);
    assert.equal(server.connections, 2);
  });

  it("does not keep the other servers from being used", async () => {
    await using server = await ScriptedServer.start(finding);
    const down = `127.0.0.1:${await freePort()}`;
    await using cache = openMemjsCache({ servers: [down, server.address] });
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    const up = keys.filter((key) => cache.partitionOf(key) === server.address);
    assert.ok(up.length > 20 && up.length < 80);
    for (const key of keys) {
      if (up.includes(key)) assert.equal((await cache.getMany([key])).size, 1);
      else await expectCode(cache.getMany([key]), "CACHE_UNAVAILABLE");
    }
    assert.deepEqual(
      server.callersRequests.map(({ key }) => key),
      up,
      "no key moved to the server that is up",
    );
    await expectCode(cache.getMany(keys), "CACHE_UNAVAILABLE");
  });
});

describe("a token", () => {
  it("of a connection that has ended is refused without being sent", async () => {
    await using server = await ScriptedServer.start(finding);
    await using cache = openMemjsCache({ servers: server.address, maxReconnectDelayMs: 1 });
    const old = await tokenAt(cache, "k");
    server.sockets[0]?.destroy();
    await until(() => cache.connection(server.address) === 0);
    assert.equal(await cache.compareAndSet("k", bytesOf("stale"), longTtlMs, old), undefined);
    assert.equal(await cache.delete("k", old), false);
    assert.equal(server.connections, 1, "nor does anybody connect for it");

    await connected(cache, server.address);
    assert.notEqual((await tokenAt(cache, "k")).connection, old.connection);
    assert.equal(await cache.compareAndSet("k", bytesOf("stale"), longTtlMs, old), undefined);
    assert.equal(await cache.delete("k", old), false);
    assert.deepEqual(
      server.callersRequests.map(({ opcode }) => opcode),
      [opcodes.getk, opcodes.getk],
    );
  });

  it("that is no token of this cache matches nothing", async () => {
    await using server = await ScriptedServer.start(finding);
    await using cache = openMemjsCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    for (const token of [
      { connection },
      { connection, casHigh: 0, casLow: 0 },
      { connection, casHigh: "1", casLow: 7 },
    ]) {
      assert.equal(await cache.compareAndSet("k", bytesOf("v"), longTtlMs, token), undefined);
      assert.equal(await cache.delete("k", token), false);
    }
    assert.deepEqual(server.callersRequests, []);
  });
});

describe("a connection", () => {
  it("is numbered as no other of the process, whatever the server", async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    await using first = openMemjsCache({ servers: [one.address, other.address] });
    await using second = openMemjsCache({ servers: one.address });
    const numbers = await Promise.all([
      first.connect(one.address),
      first.connect(other.address),
      second.connect(one.address),
    ]);
    assert.equal(new Set(numbers).size, 3);
  });

  it("does not live in the asynchronous context of the caller who needed it first", async () => {
    const transaction = new AsyncLocalStorage<string>();
    const seen: Array<string | undefined> = [];
    await using server = await ScriptedServer.start();
    await using cache = openMemjsCache({
      servers: server.address,
      // Asked also by the events of the socket, in whose context they are.
      clock: {
        nowMs: () => systemClock.nowMs(),
        monotonicMs: () => {
          seen.push(transaction.getStore());
          return systemClock.monotonicMs();
        },
        after: (delayMs, action) => systemClock.after(delayMs, action),
      },
    });
    await transaction.run("transaction", () => cache.connect(server.address));
    seen.length = 0;
    server.sockets[0]?.destroy();
    await until(() => cache.connection(server.address) === 0);
    assert.ok(seen.length > 0);
    assert.deepEqual(new Set(seen), new Set([undefined]));
  });
});
