import assert from "node:assert/strict";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { reply, ScriptedServer } from "../test-support/scripted-server.js";
import { openMemjsCache } from "./memjs-cache.js";

describe("close", () => {
  it("of a cache that was never used does nothing, and needs no server", async () => {
    await openMemjsCache({ servers: "127.0.0.1:1" }).close();
  });

  it("lets the calls under way end well", async () => {
    let answer: () => void = () => undefined;
    await using server = await ScriptedServer.start((request) => {
      if (request.key !== "slow") return undefined;
      answer = () => request.socket.write(reply(request, { cas: 9n }));
      return "silence";
    });
    const cache = openMemjsCache({ servers: server.address, timeoutMs: 10_000 });
    await cache.connect(server.address);
    const stored = cache.set("slow", bytesOf("v"), longTtlMs);
    await until(() => server.callersRequests.length === 1);
    const closing = cache.close();
    await expectCode(cache.getMany(["late"]), "CLOSED");
    answer();
    assert.ok(await stored);
    await closing;
    assert.equal(server.callersRequests.length, 1);
  });

  it("waits no longer than the default deadline, whatever deadline a call has", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key.startsWith("silent") ? "silence" : undefined,
    );
    const clock = new ManualClock();
    const cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 250 });
    await cache.connect(server.address);
    const patient = expectCode(cache.getMany(["silent-1"], { timeoutMs: 3_600_000 }), "CLOSED");
    const closing = cache.close();
    await clock.advance(249);
    assert.equal(server.sockets.length, 1);
    await clock.advance(1);
    await Promise.all([patient, closing]);
    assert.equal(clock.pendingTimers, 0);
  });

  it("rejects those that wait for a connection, at once", async () => {
    await using server = await ScriptedServer.start(() => "silence");
    const cache = openMemjsCache({ servers: server.address, clock: new ManualClock() });
    const waiting = [
      expectCode(cache.getMany(["a", "b"]), "CLOSED"),
      expectCode(cache.set("a", bytesOf("v"), longTtlMs), "CLOSED"),
      expectCode(cache.connect(server.address), "CLOSED"),
    ];
    await until(() => server.requests.length > 0);
    await cache.close();
    await Promise.all(waiting);
  });

  it("leaves no socket and no timer", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key === "silent" ? "silence" : undefined,
    );
    await using mute = await ScriptedServer.start(() => "silence");
    const clock = new ManualClock();
    const cache = openMemjsCache({ servers: [server.address, mute.address], clock, timeoutMs: 100 });
    await cache.connect(server.address);
    // One connection was broken by a deadline, one is being made, one stands.
    const key = "silent";
    const late =
      cache.partitionOf(key) === server.address ? cache.getMany([key]).catch(() => undefined) : undefined;
    const connecting = cache.connect(mute.address).catch(() => undefined);
    await clock.advance(100);
    await Promise.all([late, connecting]);
    await clock.advance(500);
    await cache.connect(server.address);
    await cache.close();
    await until(() => server.sockets.length === 0 && mute.sockets.length === 0);
    assert.equal(clock.pendingTimers, 0);
  });
});
