import assert from "node:assert/strict";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, reply, type TextScript, TextServer } from "../test-support/text-server.js";
import { openMemcachedCache } from "./memcached-cache.js";

/** Is silent for the keys that begin with "silent". */
const silent: TextScript = ({ key }) => (key.startsWith("silent") ? "" : undefined);

describe("a call of MemcachedCache that is not answered", () => {
  it("rejects with CACHE_TIMEOUT at its deadline and not before, and ends the connection with RST", async () => {
    await using server = await TextServer.start({ script: silent });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({ servers: server.address, clock, timeoutMs: 250 });
    await cache.connect(server.address);
    const ended: string[] = [];
    server.sockets[0]?.on("error", (error: NodeJS.ErrnoException) => ended.push(error.code ?? ""));
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
    assert.deepEqual(ended, ["ECONNRESET"]);
    assert.equal(server.callersRequests.length, 1);
  });

  it("fails its neighbours, which are not late, with CACHE_UNAVAILABLE", async () => {
    await using server = await TextServer.start({ script: silent });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({ servers: server.address, clock });
    await cache.connect(server.address);
    const late = expectCode(cache.getMany(["silent"]), "CACHE_TIMEOUT");
    await clock.advance(150);
    const neighbours = [
      expectCode(cache.getMany(["silent-too"]), "CACHE_UNAVAILABLE"),
      expectCode(cache.add("silent-add", bytesOf("v"), longTtlMs, { timeoutMs: 5_000 }), "CACHE_UNAVAILABLE"),
    ];
    await clock.advance(100);
    await Promise.all([late, ...neighbours]);
  });

  it("rejects by its own shorter deadline, and ends the connection when the default one has passed", async () => {
    await using server = await TextServer.start({ script: silent });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({ servers: server.address, clock, timeoutMs: 250 });
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
    let held = "";
    await using server = await TextServer.start({
      script: (request) => {
        if (request.key !== "late" && request.key !== "k") return undefined;
        held += hit(request, `value of ${request.key}`);
        return request.key === "k" ? held : "";
      },
    });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({ servers: server.address, clock, timeoutMs: 250 });
    const connection = await cache.connect(server.address);
    const late = expectCode(cache.getMany(["late"], { timeoutMs: 1 }), "CACHE_TIMEOUT");
    await clock.advance(1);
    await late;
    assert.equal(await textAt(cache, "k"), "value of k");
    await clock.advance(1_000);
    assert.equal(cache.connection(server.address), connection);
  });

  it.each([0, -5])("without time (%p ms) is not sent", async (timeoutMs) => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    await cache.connect(server.address);
    await expectCode(cache.set("k", bytesOf("v"), longTtlMs, { timeoutMs }), "CACHE_TIMEOUT");
    await expectCode(cache.getMany(["k", "l"], { timeoutMs }), "CACHE_TIMEOUT");
    assert.deepEqual(server.callersRequests, []);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("cannot be given the deadline %p", async (timeoutMs) => {
    await using cache = openMemcachedCache({ servers: "127.0.0.1:1" });
    await assert.rejects(cache.getMany(["k"], { timeoutMs }), TypeError);
    await assert.rejects(cache.getOrLease(["k"], 1_000, { timeoutMs }), TypeError);
  });

  it("has one timer with all other calls, on whatever server", async () => {
    await using one = await TextServer.start({ script: silent });
    await using other = await TextServer.start({ script: silent });
    const clock = new ManualClock();
    const cache = openMemcachedCache({ servers: [one.address, other.address], clock, timeoutMs: 250 });
    await Promise.all(cache.partitions.map((partition) => cache.connect(partition)));
    const calls = Array.from({ length: 100 }, (_, n) =>
      expectCode(cache.getMany([`silent-${n}`], { timeoutMs: 100 + n }), "CACHE_TIMEOUT"),
    );
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(199);
    await Promise.all(calls);
    const closing = cache.close();
    await clock.advance(250);
    await closing;
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("more calls than may be under way", () => {
  const value = bytesOf("v".repeat(1_000));

  it("wait for the answers of those before them, and are sent in order", async () => {
    let held: string[] = [];
    await using server = await TextServer.start({
      script: (request) => {
        if (!request.key.startsWith("k")) return undefined;
        held.push(reply("HD", request, "1"));
        return "";
      },
    });
    await using cache = openMemcachedCache({
      servers: server.address,
      maxBytesInFlight: 2_000,
      timeoutMs: 10_000,
    });
    await cache.connect(server.address);
    const stores = Array.from({ length: 6 }, (_, n) => cache.set(`k${n}`, value, longTtlMs));
    for (let round = 1; round <= 3; round += 1) {
      await until(() => held.length === 2);
      assert.equal(server.callersRequests.length, 2 * round);
      const [socket] = server.sockets;
      socket?.write(held.join(""));
      held = [];
    }
    await Promise.all(stores);
    assert.deepEqual(
      server.callersRequests.map(({ key }) => key),
      ["k0", "k1", "k2", "k3", "k4", "k5"],
    );
  });

  it("fail by their deadline without being sent, and harm nobody", async () => {
    let answer: () => void = () => undefined;
    await using server = await TextServer.start({
      script: (request) => {
        if (request.key !== "slow") return undefined;
        answer = () => request.socket.write(reply("HD", request, "1"));
        return "";
      },
    });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({
      servers: server.address,
      clock,
      maxBytesInFlight: 1_000,
      timeoutMs: 250,
    });
    const connection = await cache.connect(server.address);
    const slow = cache.set("slow", value, longTtlMs);
    const tooMany = [
      expectCode(cache.set("a", value, longTtlMs, { timeoutMs: 100 }), "CACHE_TIMEOUT"),
      expectCode(cache.getMany(["b"], { timeoutMs: 100 }), "CACHE_TIMEOUT"),
    ];
    const patient = cache.getMany(["c"]);
    await clock.advance(100);
    for (const error of await Promise.all(tooMany)) assert.match(error.message, /nothing was sent/);
    answer();
    await Promise.all([slow, patient]);
    assert.deepEqual(
      server.callersRequests.map(({ key }) => key),
      ["slow", "c"],
    );
    assert.equal(cache.connection(server.address), connection);
  });

  it("reject with the end of the connection", async () => {
    await using server = await TextServer.start({ script: silent });
    await using cache = openMemcachedCache({
      servers: server.address,
      maxBytesInFlight: 1,
      timeoutMs: 10_000,
    });
    await cache.connect(server.address);
    const calls = Array.from({ length: 5 }, (_, n) =>
      expectCode(cache.set(`silent-${n}`, value, longTtlMs), "CACHE_UNAVAILABLE"),
    );
    await until(() => server.callersRequests.length === 1);
    for (const socket of server.sockets) socket.destroy();
    await Promise.all(calls);
    assert.equal(server.callersRequests.length, 1);
  });
});

describe("close of MemcachedCache", () => {
  it("of a cache that was never used does nothing, and needs no server", async () => {
    await openMemcachedCache({ servers: "127.0.0.1:1" }).close();
  });

  it("lets the calls under way end well, those that wait to be sent too", async () => {
    const answers: string[] = [];
    await using server = await TextServer.start({
      script: (request) => {
        if (!request.key.startsWith("slow")) return undefined;
        answers.push(reply("HD", request, "1"));
        return "";
      },
    });
    const cache = openMemcachedCache({ servers: server.address, timeoutMs: 10_000, maxBytesInFlight: 1 });
    await cache.connect(server.address);
    const stored = [1, 2].map((n) => cache.set(`slow-${n}`, bytesOf("v"), longTtlMs));
    await until(() => answers.length === 1);
    const closing = cache.close();
    await expectCode(cache.getMany(["late"]), "CLOSED");
    server.sockets[0]?.write(answers[0] ?? "");
    await until(() => answers.length === 2);
    server.sockets[0]?.write(answers[1] ?? "");
    await Promise.all([...stored, closing]);
    await until(() => server.sockets.length === 0);
  });

  it("waits no longer than the default deadline, whatever deadline a call has", async () => {
    await using server = await TextServer.start({ script: silent });
    const clock = new ManualClock();
    const cache = openMemcachedCache({ servers: server.address, clock, timeoutMs: 250, maxBytesInFlight: 1 });
    await cache.connect(server.address);
    const patient = [1, 2].map((n) =>
      expectCode(cache.getMany([`silent-${n}`], { timeoutMs: 3_600_000 }), "CLOSED"),
    );
    const closing = cache.close();
    await clock.advance(249);
    assert.equal(server.sockets.length, 1);
    await clock.advance(1);
    await Promise.all([...patient, closing]);
    assert.equal(clock.pendingTimers, 0);
  });

  it("rejects those that wait for a connection, at once", async () => {
    await using server = await TextServer.start({ script: () => "" });
    const cache = openMemcachedCache({ servers: server.address, clock: new ManualClock() });
    const waiting = [
      expectCode(cache.getMany(["a", "b"]), "CLOSED"),
      expectCode(cache.set("a", bytesOf("v"), longTtlMs), "CLOSED"),
      expectCode(cache.connect(server.address), "CLOSED"),
    ];
    await until(() => server.requests.length > 0);
    await cache.close();
    await Promise.all(waiting);
  });
});
