import assert from "node:assert/strict";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt, tokenAt, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, reply, type ScriptedRequest, ScriptedServer } from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

const { getk, getkq, noop, set } = opcodes;

/** Finds every key but those that begin with "miss". */
function finding(request: ScriptedRequest): Buffer | undefined {
  const isGet = request.opcode === getk || request.opcode === getkq;
  return isGet && !request.key.startsWith("miss")
    ? hit(request, `value of ${request.key}`, { cas: BigInt(request.key.length) })
    : undefined;
}

describe("the reads of one tick", () => {
  it("are one request of quiet gets, and every caller gets what is its own", async () => {
    await using server = await ScriptedServer.start(finding);
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    const answers = await Promise.all([
      cache.getMany(["a"]),
      cache.getMany(["miss-1"]),
      cache.getMany(["b", "miss-2", "c"]),
      cache.getMany(["a", "b"]),
      cache.getMany(["miss-3"]),
    ]);
    assert.deepEqual(
      answers.map((found) => [...found].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString()])),
      [
        [["a", "value of a"]],
        [],
        [
          ["b", "value of b"],
          ["c", "value of c"],
        ],
        [
          ["a", "value of a"],
          ["b", "value of b"],
        ],
        [],
      ],
    );
    assert.deepEqual(
      server.callersRequests.map(({ opcode }) => opcode),
      [...Array.from({ length: 8 }, () => getkq), noop],
    );
    assert.equal(new Set(server.callersRequests.map(({ opaque }) => opaque)).size, 1);
  });

  it("keep their place among the stores of the tick", async () => {
    await using server = await ScriptedServer.start(finding);
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    await Promise.all([
      cache.getMany(["a"]),
      cache.set("k", bytesOf("v"), longTtlMs),
      cache.getMany(["b"]),
      cache.getMany(["c"]),
    ]);
    assert.deepEqual(
      server.callersRequests.map(({ opcode, key }) => `${opcode} ${key}`),
      [`${getk} a`, `${set} k`, `${getkq} b`, `${getkq} c`, `${noop} `],
    );
  });

  it("settle together; when the connection ends before, those whose answers are complete have them", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === noop ? "silence" : finding(request),
    );
    await using cache = openMemjsCache({ servers: server.address, timeoutMs: 60_000 });
    await cache.connect(server.address);
    let settled = 0;
    const early = [textAt(cache, "a"), textAt(cache, "miss"), textAt(cache, "b")];
    for (const each of early) void each.then(() => (settled += 1));
    const last = expectCode(cache.getMany(["c"]), "CACHE_UNAVAILABLE");
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(settled, 0);
    server.sockets[0]?.destroy();
    assert.deepEqual(await Promise.all(early), ["value of a", undefined, "value of b"]);
    await last;
  });

  it("are answered in time where only answers to others are late", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === noop ? "silence" : finding(request),
    );
    const clock = new ManualClock();
    await using cache = openMemjsCache({ servers: server.address, clock, timeoutMs: 40 });
    await cache.connect(server.address);
    const complete = textAt(cache, "a");
    const late = expectCode(cache.getMany(["b", "miss"]), "CACHE_TIMEOUT");
    await until(() => server.requests.some(({ opcode }) => opcode === noop));
    await new Promise((resolve) => setTimeout(resolve, 50)); // the answers are on their way
    await clock.advance(40);
    assert.equal(await complete, "value of a");
    await late;
  });

  it("have each their own deadline", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key.startsWith("slow") || request.opcode === noop ? "silence" : finding(request),
    );
    await using cache = openMemjsCache({ servers: server.address, timeoutMs: 5_000 });
    const connection = await cache.connect(server.address);
    const short = expectCode(cache.getMany(["slow-1"], { timeoutMs: 30 }), "CACHE_TIMEOUT");
    const long = textAt(cache, "slow-2");
    const last = expectCode(cache.getMany(["slow-3"], { timeoutMs: 60 }), "CACHE_TIMEOUT");
    await Promise.all([short, last]);
    assert.equal(await Promise.race([long, "under way"]), "under way");
    assert.equal(cache.connection(server.address), connection);
    server.sockets[0]?.destroy();
    await expectCode(long, "CACHE_UNAVAILABLE");
  });

  it("reject all that are not settled when the server refuses one key: an error is no miss", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key === "refused" ? reply(request, { status: 0x85 }) : finding(request),
    );
    await using cache = openMemjsCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    const [before, ...others] = await Promise.allSettled([
      textAt(cache, "a"),
      textAt(cache, "b"),
      textAt(cache, "refused"),
      textAt(cache, "miss"),
    ]);
    assert.deepEqual(before, { status: "fulfilled", value: "value of a" });
    for (const other of others) {
      assert.equal(other.status, "rejected");
      await expectCode(Promise.reject(other.reason), "CACHE_UNAVAILABLE");
    }
    assert.equal(cache.connection(server.address), connection);
  });

  it("end the connection when a value belongs to a key that nobody asked for", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === getkq ? hit(request, "v", { key: "other" }) : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    await Promise.all([
      expectCode(cache.getMany(["a"]), "CACHE_UNAVAILABLE"),
      expectCode(cache.getMany(["b"]), "CACHE_UNAVAILABLE"),
    ]);
    assert.equal(cache.connection(server.address), 0);
  });

  it("give each caller a token of its own entry", async () => {
    await using server = await ScriptedServer.start(finding);
    await using cache = openMemjsCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    assert.deepEqual(await Promise.all([tokenAt(cache, "a"), tokenAt(cache, "bbb")]), [
      { connection, casHigh: 0, casLow: 1 },
      { connection, casHigh: 0, casLow: 3 },
    ]);
  });
});
