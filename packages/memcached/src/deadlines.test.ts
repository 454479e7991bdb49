import assert from "node:assert/strict";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, type Script, ScriptedServer } from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

/** Greets, and is silent for the keys that begin with "silent". */
const silent: Script = (request) =>
  request.key.startsWith("silent") || (request.opcode === opcodes.noop && request.connection === 1)
    ? "silence"
    : undefined;

describe("a call that is not answered", () => {
  it("rejects with CACHE_TIMEOUT at its deadline and not before", async () => {
    await using server = await ScriptedServer.start(silent);
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 250 });
    await cache.connect(server.address);
    let settled = false;
    const late = expectCode(cache.set("silent", bytesOf("v"), longTtlMs), "CACHE_TIMEOUT").finally(() => {
      settled = true;
    });
    await clock.advance(249);
    assert.equal(settled, false);
    await clock.advance(1);
    await late;
    assert.equal(cache.connection(server.address), 0);
    await until(() => server.sockets.length === 0);
  });

  it("fails its neighbours, which are not late, with CACHE_UNAVAILABLE", async () => {
    await using server = await ScriptedServer.start(silent);
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock });
    await cache.connect(server.address);
    const late = expectCode(cache.getMany(["silent"]), "CACHE_TIMEOUT");
    await clock.advance(150);
    const neighbours = [
      expectCode(cache.getMany(["silent-too", "b"]), "CACHE_UNAVAILABLE"),
      expectCode(cache.add("silent-add", bytesOf("v"), longTtlMs, { timeoutMs: 5_000 }), "CACHE_UNAVAILABLE"),
    ];
    await clock.advance(100);
    await Promise.all([late, ...neighbours]);
    assert.equal(cache.connection(server.address), 0);
  });

  it("rejects by its own shorter deadline, and ends the connection when the default one has passed", async () => {
    await using server = await ScriptedServer.start(silent);
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 250 });
    const connection = await cache.connect(server.address);
    const long = expectCode(cache.getMany(["silent-1"], { timeoutMs: 500 }), "CACHE_UNAVAILABLE");
    const short = expectCode(cache.getMany(["silent-2"], { timeoutMs: 20 }), "CACHE_TIMEOUT");
    await clock.advance(20);
    await short;
    await clock.advance(229);
    assert.equal(cache.connection(server.address), connection);
    await clock.advance(1);
    await long;
    assert.equal(cache.connection(server.address), 0);
  });

  it("with hardly any time left does no harm to others: its late answer is dropped", async () => {
    const held: Buffer[] = [];
    await using server = await ScriptedServer.start((request) => {
      if (request.opcode !== opcodes.getk) return undefined;
      held.push(hit(request, `value of ${request.key}`));
      if (held.length === 2) request.socket.write(Buffer.concat(held));
      return "silence";
    });
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 250 });
    const connection = await cache.connect(server.address);
    const late = expectCode(cache.getMany(["late"], { timeoutMs: 1 }), "CACHE_TIMEOUT");
    await clock.advance(1);
    await late;
    assert.equal(await textAt(cache, "k"), "value of k");
    await clock.advance(1_000);
    assert.equal(cache.connection(server.address), connection);
  });

  it.each([0, -5])("without time (%p ms) is not sent", async (timeoutMs) => {
    await using server = await ScriptedServer.start();
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    await expectCode(cache.set("k", bytesOf("v"), longTtlMs, { timeoutMs }), "CACHE_TIMEOUT");
    await expectCode(cache.getMany(["k", "l"], { timeoutMs }), "CACHE_TIMEOUT");
    assert.deepEqual(server.callersRequests, []);
  });

  it("does not disturb those that are answered in time", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === opcodes.getk ? hit(request, "v") : undefined,
    );
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 100 });
    const connection = await cache.connect(server.address);
    for (let round = 0; round < 20; round += 1) {
      assert.equal(await textAt(cache, "k"), "v");
      await clock.advance(30);
    }
    assert.equal(cache.connection(server.address), connection);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("cannot be given the deadline %p", async (timeoutMs) => {
    await using server = await ScriptedServer.start();
    await using cache = openMemjsCache({ servers: server.address });
    await assert.rejects(cache.getMany(["k"], { timeoutMs }), TypeError);
  });
});

describe("a server that takes connections and says nothing", () => {
  it("keeps a caller for its own deadline, and the next one after the attempt for no time", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const clock = new ManualClock();
    await using cache = openMemjsCache({
      servers: server.address,
      clock,
      timeoutMs: 250,
      connectTimeoutMs: 1_000,
    });
    const calls = [
      expectCode(cache.getMany(["a", "b"]), "CACHE_TIMEOUT"),
      expectCode(cache.set("a", bytesOf("v"), longTtlMs), "CACHE_TIMEOUT"),
    ];
    const patient = expectCode(cache.connect(server.address, { timeoutMs: 10_000 }), "CACHE_TIMEOUT");
    await until(() => server.requests.length > 0);
    await clock.advance(250);
    await Promise.all(calls);
    await clock.advance(750);
    await patient;
    await expectCode(cache.getMany(["c"]), "CACHE_UNAVAILABLE");
    assert.equal(server.connections, 1);
    assert.deepEqual(server.callersRequests, []);
  });

  it("is asked nothing by a call that got its connection too late", async () => {
    await using server = await ScriptedServer.start();
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 250 });
    // The deadline passes while the server is being connected; the attempt goes on.
    server.script = (request) => {
      if (request.opcode === opcodes.stat) void clock.advance(250);
      return undefined;
    };
    await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_TIMEOUT");
    assert.deepEqual(server.callersRequests, []);
    server.script = () => undefined;
    await cache.set("k", bytesOf("v"), longTtlMs);
    assert.equal(server.connections, 1, "the connection serves the next call");
  });
});
