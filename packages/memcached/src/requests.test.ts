import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs, tokenAt } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { hit, ScriptedServer } from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

async function startFinding(): Promise<ScriptedServer> {
  return ScriptedServer.start((request) =>
    request.opcode === opcodes.getk || request.opcode === opcodes.getkq
      ? hit(request, "v", { cas: 0x0102_0304_0506_0708n })
      : undefined,
  );
}

describe("requests", () => {
  it("of one tick go out in one write", async () => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    const readsBefore = server.reads;
    await Promise.all([
      ...Array.from({ length: 40 }, (_, n) => cache.getMany([`k${n}`])),
      cache.getMany(["a", "b", "c"]),
      cache.set("d", bytesOf("v"), longTtlMs),
    ]);
    assert.equal(server.callersRequests.length, 45);
    assert.equal(server.reads - readsBefore, 1);
  });

  it("for one key are a plain get, for several quiet ones and one that ends the batch", async () => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    assert.equal((await cache.getMany(["a"])).size, 1);
    assert.equal((await cache.getMany(["a", "b", "a"])).size, 2);
    const { getk, getkq, noop } = opcodes;
    assert.deepEqual(
      server.callersRequests.map(({ opcode, key }) => `${opcode} ${key}`),
      [`${getk} a`, `${getkq} a`, `${getkq} b`, `${noop} `],
    );
  });

  it("by token carry its CAS in all 64 bits, others none", async () => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    const token = await tokenAt(cache, "k");
    await cache.compareAndSet("k", bytesOf("v"), longTtlMs, token);
    await cache.delete("k", token);
    await cache.set("k", bytesOf("v"), longTtlMs);
    await cache.add("k", bytesOf("v"), longTtlMs);
    assert.deepEqual(
      server.callersRequests.map(({ cas }) => cas),
      [0n, 0x0102_0304_0506_0708n, 0x0102_0304_0506_0708n, 0n, 0n],
    );
  });

  it("to store carry whole seconds rounded up, and no flags", async () => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    const token = await tokenAt(cache, "k");
    await cache.add("k", bytesOf("v"), 1);
    await cache.set("k", bytesOf("v"), 1_001);
    await cache.compareAndSet("k", bytesOf("v"), 90 * 24 * 3_600_000, token);
    assert.deepEqual(
      server.callersRequests.slice(1).map(({ extras }) => [extras.readUInt32BE(0), extras.readUInt32BE(4)]),
      [
        [0, 1],
        [0, 2],
        [0, 2_592_000],
      ],
    );
  });

  it("keep the bytes they were called with while the server is being connected", async () => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    const bytes = bytesOf("aaaa");
    const stored = cache.set("k", bytes, longTtlMs);
    bytes.fill(0x62);
    await stored;
    assert.equal(server.callersRequests[0]?.value.toString(), "aaaa");
  });
});

describe("a call that cannot be right is refused before anything is sent", () => {
  const badKeys: ReadonlyArray<{ readonly name: string; readonly key: string }> = [
    { name: "an empty key", key: "" },
    { name: "251 bytes", key: "k".repeat(251) },
    { name: "a space", key: "secret key" },
    { name: "a line end", key: "secret\r\nflush_all" },
    { name: "a control character", key: "secret\u007f" },
    { name: "a letter beyond ASCII", key: "secret-ü" },
    { name: "no string", key: 42 as unknown as string },
  ];
  it.each(badKeys)("$name", async ({ key }) => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    for (const call of [
      cache.getMany(["good", key]),
      cache.add(key, bytesOf("v"), longTtlMs),
      cache.set(key, bytesOf("v"), longTtlMs),
      cache.compareAndSet(key, bytesOf("v"), longTtlMs, { connection }),
      cache.delete(key, { connection }),
    ]) {
      const error = await expectCode(call, "INVALID_KEY");
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /secret|kkkk/);
    }
    assert.deepEqual(server.callersRequests, []);
    assert.equal(cache.connection(server.address), connection);
  });

  it.each([0, -1, Number.NaN])("a ttl of %p", async (ttlMs) => {
    await using server = await startFinding();
    await using cache = openMemjsCache({ servers: server.address });
    await assert.rejects(cache.set("k", bytesOf("v"), ttlMs), TypeError);
    assert.deepEqual(server.callersRequests, []);
  });

  it("a partition that is none of its own", async () => {
    await using cache = openMemjsCache({ servers: "127.0.0.1:1" });
    await assert.rejects(cache.connect("127.0.0.1:2"), TypeError);
    assert.throws(() => cache.connection("127.0.0.1:2"), TypeError);
  });
});
