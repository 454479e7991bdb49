import assert from "node:assert/strict";
import { isAsideError } from "@aside/core";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { isProbe, reply, type TextScript, TextServer } from "../test-support/text-server.js";
import { openMemcachedCache } from "./memcached-cache.js";

describe("the greeting of a new connection of MemcachedCache", () => {
  it("comes before the first request of a caller, and its probes end by themselves", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    await Promise.all([cache.getMany(["a"]), cache.set("b", bytesOf("v"), longTtlMs)]);
    const first = server.requests.findIndex(({ key }) => key === "a" || key === "b");
    const greeting = server.requests.slice(0, first);
    assert.deepEqual(
      greeting.map(({ command }) => command),
      ["version", "mn", "stats", "ms", "ms", "mg", "md", "md"],
    );
    for (const { command, words } of greeting.filter(({ key }) => isProbe(key))) {
      if (command === "ms") assert.ok(words.includes("T1"));
      if (command === "mg") assert.ok(words.includes("N1"));
    }
    assert.equal(
      server.requests.slice(first).some(({ key }) => isProbe(key)),
      false,
    );
  });

  const unusable: ReadonlyArray<{ readonly name: string; readonly script: TextScript }> = [
    {
      name: "hands out no CAS",
      script: (request) => (request.command === "ms" ? reply("HD", request, "0") : undefined),
    },
    {
      name: "deletes whatever the CAS",
      script: (request) => (request.command === "md" ? reply("HD", request) : undefined),
    },
    { name: "wants credentials and got none", script: () => "CLIENT_ERROR unauthenticated\r\n" },
  ];
  it.each(unusable)("a server that $name is refused, and asked nothing else", async ({ script }) => {
    await using server = await TextServer.start({ script });
    await using cache = openMemcachedCache({ servers: server.address });
    await expectCode(cache.connect(server.address), "CONFIGURATION");
    assert.equal(cache.connection(server.address), 0);
    await expectCode(cache.connect(server.address), "CONFIGURATION"); // left alone now, for the same reason
    const error = await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    assert.ok(isAsideError(error.cause, "CONFIGURATION"));
    assert.deepEqual(server.callersRequests, []);
  });

  it.each([
    { name: "an HTTP server", answer: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" },
    { name: "a Redis server", answer: "-ERR unknown command 'version'\r\n" },
    { name: "a mail server that speaks first", answer: "220 mail ESMTP\r\n" },
    { name: "a binary one", answer: "\x81\x0b\x00\x00\n\x00" },
  ])("$name is not taken for a memcached", async ({ answer }) => {
    await using server = await TextServer.start({ script: () => answer });
    await using cache = openMemcachedCache({ servers: server.address });
    await expectCode(cache.connect(server.address), "CACHE_UNAVAILABLE");
    await until(() => server.sockets.length === 0);
    assert.deepEqual(server.callersRequests, []);
  });

  it("a server that tells no settings is taken for one with the defaults", async () => {
    await using server = await TextServer.start({
      script: ({ command }) => (command === "stats" ? "CLIENT_ERROR not here\r\n" : undefined),
    });
    await using cache = openMemcachedCache({ servers: server.address });
    await cache.connect(server.address);
    assert.equal(cache.limits.maxValueBytes, 1024 * 1024 - 512);
  });

  it("the largest value follows item_size_max, and an answer beyond it is damage", async () => {
    await using server = await TextServer.start({
      script: ({ command, key }) =>
        command === "stats"
          ? "STAT maxbytes 1\r\nSTAT item_size_max 4096\r\nEND\r\n"
          : key === "k"
            ? `VA 4097 c1 O0\r\n${"v".repeat(4097)}\r\n`
            : undefined,
    });
    await using cache = openMemcachedCache({ servers: server.address });
    await cache.connect(server.address);
    assert.equal(cache.limits.maxValueBytes, 4096 - 512);
    await expectCode(cache.set("s", new Uint8Array(4096 - 511), longTtlMs), "INVALID_VALUE");
    await expectCode(cache.getMany(["k"]), "CACHE_UNAVAILABLE");
  });

  it("all of it has one deadline, and nothing is left of it", async () => {
    await using server = await TextServer.start({
      script: ({ command }) => (command === "stats" ? "" : undefined),
    });
    const clock = new ManualClock();
    await using cache = openMemcachedCache({ servers: server.address, clock, connectTimeoutMs: 400 });
    const connecting = expectCode(cache.connect(server.address, { timeoutMs: 10_000 }), "CACHE_TIMEOUT");
    await until(() => server.requests.length > 0);
    await clock.advance(400);
    await connecting;
    await until(() => server.sockets.length === 0);
    assert.equal(clock.pendingTimers, 0);
  });
});
