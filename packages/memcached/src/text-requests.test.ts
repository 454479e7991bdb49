import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, reply, TextServer, wordOf } from "../test-support/text-server.js";
import { openMemcachedCache } from "./memcached-cache.js";

describe("what MemcachedCache sends", () => {
  it("a read of one key is one plain get", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    assert.equal((await cache.getMany(["a"])).size, 0);
    const [request, ...others] = server.callersRequests;
    assert.match(request?.line ?? "", /^mg a v c O\d+$/);
    assert.deepEqual(others, []);
  });

  it("all calls of a tick go out in one write, and only the last read is not quiet", async () => {
    await using server = await TextServer.start({
      script: (request) =>
        request.key === "b" || request.key === "d" ? hit(request, `v${request.key}`) : undefined,
    });
    await using cache = openMemcachedCache({ servers: server.address });
    await cache.connect(server.address);
    const { reads } = server;
    const [a, many, stored, e] = await Promise.all([
      textAt(cache, "a"),
      cache.getMany(["b", "c", "d"]),
      cache.set("s", bytesOf("v"), longTtlMs),
      textAt(cache, "e"),
    ]);
    assert.equal(server.reads, reads + 1);
    assert.deepEqual([a, [...many.keys()], e], [undefined, ["b", "d"], undefined]);
    assert.ok(stored.connection > 0);
    assert.deepEqual(
      server.callersRequests.map(
        ({ command, key, words }) => `${command} ${key}${words.includes("q") ? " q" : ""}`,
      ),
      ["mg a q", "mg b q", "mg c q", "mg d q", "ms s", "mg e"],
    );
  });

  it("each kind of store asks for its condition, its lifetime and its token", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    const token = await cache.set("a", bytesOf("123"), 1_500);
    await cache.add("b", bytesOf(""), 60_000);
    await cache.compareAndSet("a", bytesOf("12345"), 90 * 24 * 3_600_000, token);
    await cache.delete("a", token);
    await cache.getOrLease(["l"], 10_000).catch(() => undefined);
    const { cas } = token as unknown as { readonly cas: number };
    assert.deepEqual(
      server.callersRequests.map(({ line }) => line.replace(/O\d+/, "O")),
      [
        "ms a 3 T2 c O",
        "ms b 0 T60 ME c O",
        `ms a 5 T2592000 C${cas} c O`,
        `md a C${cas} O`,
        "mg l N10 v c O",
      ],
    );
  });

  it("where clients may choose the CAS, every store and every lease chooses one that was never used", async () => {
    await using server = await TextServer.start({
      version: "1.6.40",
      nonces: true,
      script: (request) =>
        request.key === "l" ? `VA 0 c${wordOf(request, "E")} O${wordOf(request, "O")} W\r\n\r\n` : undefined,
    });
    await using cache = openMemcachedCache({ servers: server.address });
    const tokens = [
      await cache.set("a", bytesOf("1"), longTtlMs),
      await cache.add("b", bytesOf("1"), longTtlMs),
      await cache.compareAndSet("a", bytesOf("1"), longTtlMs, await cache.set("a", bytesOf("2"), longTtlMs)),
      (await cache.getOrLease(["l"], longTtlMs)).get("l")?.token,
    ] as unknown as readonly { readonly cas: number }[];
    const chosen = server.callersRequests.map((request) => Number(wordOf(request, "E")));
    assert.equal(new Set(chosen).size, 5);
    for (const nonce of chosen) assert.ok(Number.isSafeInteger(nonce) && nonce > 2 ** 50);
    for (const { cas } of tokens) assert.ok(chosen.includes(cas));
  });

  it("two connections begin to choose at different places", async () => {
    const chosen: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      await using server = await TextServer.start({ version: "1.6.40", nonces: true });
      await using cache = openMemcachedCache({ servers: server.address });
      await cache.set("a", bytesOf("1"), longTtlMs);
      chosen.push(...server.callersRequests.map((request) => Number(wordOf(request, "E"))));
    }
    const [one = 0, other = 0] = chosen;
    assert.ok(Math.abs(one - other) > 1_000_000, `${one} and ${other}`);
  });

  it("an older server that does not name the request in EN is understood", async () => {
    await using server = await TextServer.start({
      script: ({ command, words }) =>
        command === "mg" && !words.includes("q") && !words.includes("N1") ? "EN\r\n" : undefined,
    });
    await using cache = openMemcachedCache({ servers: server.address });
    const found = await Promise.all([cache.getMany(["a", "b"]), cache.getMany(["c"]), cache.getMany(["d"])]);
    assert.deepEqual(
      found.map(({ size }) => size),
      [0, 0, 0],
    );
    await cache.set("s", bytesOf("v"), longTtlMs);
  });

  it("a store without room is lost where it had a condition, and refused where it had none", async () => {
    await using server = await TextServer.start({
      script: ({ command, key }) =>
        command === "ms" && key.startsWith("full")
          ? "SERVER_ERROR out of memory storing object\r\n"
          : undefined,
    });
    await using cache = openMemcachedCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    const token = await cache.set("a", bytesOf("v"), longTtlMs);
    const [read, added, filled] = await Promise.all([
      cache.getMany(["x"]), // quiet, and passed over: the error is not its answer
      cache.add("full-1", bytesOf("v"), longTtlMs),
      cache.compareAndSet("full-2", bytesOf("v"), longTtlMs, token),
      expectCode(cache.set("full-3", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE"),
      cache.set("b", bytesOf("v"), longTtlMs),
    ]);
    assert.deepEqual([read.size, added, filled], [0, undefined, undefined]);
    assert.equal(cache.connection(server.address), connection);
  });

  it("an error is never taken for a miss", async () => {
    await using server = await TextServer.start({
      script: (request) => (request.key === "bad" ? "SERVER_ERROR no idea\r\n" : undefined),
    });
    await using cache = openMemcachedCache({ servers: server.address, maxReconnectDelayMs: 1 });
    const connection = await cache.connect(server.address);
    await expectCode(cache.getMany(["bad"]), "CACHE_UNAVAILABLE");
    assert.equal(cache.connection(server.address), connection, "one request, one answer");
    // Of several quiet requests nobody knows which one was refused.
    await Promise.all([
      expectCode(cache.getMany(["a", "bad", "c"]), "CACHE_UNAVAILABLE"),
      expectCode(cache.getMany(["d"]), "CACHE_UNAVAILABLE"),
    ]);
    assert.equal(cache.connection(server.address), 0);
  });

  it("the calls of a tick that wait for the same connection are sent once it stands", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    const mutable = bytesOf("before");
    const storing = cache.set("a", mutable, longTtlMs);
    mutable.fill(0x58);
    await Promise.all([storing, cache.getMany(["b", "c"]), cache.getMany(["d"])]);
    assert.equal(server.connections, 1);
    assert.equal(server.callersRequests.find(({ key }) => key === "a")?.value, "before");
  });

  it("the bytes of the instant of the call are sent, whatever their length", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address });
    await cache.connect(server.address);
    for (const length of [10, 100_000]) {
      const mutable = Buffer.alloc(length, "a");
      const storing = cache.set(`k${length}`, mutable, longTtlMs);
      mutable.fill("b");
      await storing;
      assert.equal(server.requests.at(-1)?.value, "a".repeat(length));
    }
  });

  it.each([
    {
      name: "of a request that was never sent",
      answer: (line: string) => line.replace(/O(\d+)/, (_, n) => `O${Number(n) + 1}`),
    },
    { name: "of a request long past", answer: (line: string) => line.replace(/O(\d+)/, "O0") },
    { name: "without a CAS", answer: (line: string) => line.replace(/ c\d+/, "") },
    { name: "with the CAS 0", answer: (line: string) => line.replace(/ c\d+/, " c0") },
    { name: "that is a status of something else", answer: () => "NF\r\n" },
    { name: "of another protocol", answer: () => "HTTP/1.1 400 Bad Request\r\n\r\n" },
    { name: "that is binary", answer: () => "\x81\x00\x00\x00\x04\x00\n" },
  ])("an answer $name ends the connection, and no value comes of it", async ({ answer }) => {
    await using server = await TextServer.start({
      script: (request) => (request.key === "bad" ? answer(hit(request, "VALUE")) : undefined),
    });
    await using cache = openMemcachedCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    await cache.getMany(["good"]);
    const read = cache.getMany(["other", "bad"]);
    await expectCode(read, "CACHE_UNAVAILABLE");
    assert.ok(cache.connection(server.address) !== connection);
  });

  it("a second answer to one key of several ends the connection", async () => {
    await using server = await TextServer.start({
      script: (request) => (request.key === "bad" ? hit(request, "VALUE").repeat(2) : undefined),
    });
    await using cache = openMemcachedCache({ servers: server.address });
    await expectCode(cache.getMany(["bad", "other"]), "CACHE_UNAVAILABLE");
    assert.equal(cache.connection(server.address), 0);
  });

  it("an answer that nobody asked for ends the connection", async () => {
    await using server = await TextServer.start();
    await using cache = openMemcachedCache({ servers: server.address, maxReconnectDelayMs: 1 });
    const connection = await cache.connect(server.address);
    server.script = (request) => `${reply("HD", request, "1")}HD c2 O5\r\n`;
    await cache.set("a", bytesOf("v"), longTtlMs);
    await expectCode(cache.getMany(["b"]), "CACHE_UNAVAILABLE");
    assert.ok(cache.connection(server.address) !== connection);
  });
});
