import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bytesOf, connected, longTtlMs, textAt } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import {
  hit,
  isProbe,
  reply,
  type Script,
  type ScriptedRequest,
  ScriptedServer,
} from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

const right = "THE-RIGHT-VALUE";

/** A cache that tries again soon. */
function openImpatient(server: ScriptedServer) {
  return openMemjsCache({ servers: server.address, maxReconnectDelayMs: 1 });
}

function isGet({ opcode }: ScriptedRequest): boolean {
  return opcode === opcodes.getk || opcode === opcodes.getkq;
}

describe("answers in pieces", () => {
  it("are put together from packets of one byte", async () => {
    const value = Buffer.alloc(300, "0123456789");
    await using server = await ScriptedServer.start((request) => {
      if (!isGet(request)) return undefined;
      const bytes = hit(request, value);
      const sendFrom = (offset: number): void => {
        if (offset === bytes.length) return;
        request.socket.write(bytes.subarray(offset, offset + 1), () => setImmediate(sendFrom, offset + 1));
      };
      sendFrom(0);
      return "silence";
    });
    await using cache = openMemjsCache({ servers: server.address, timeoutMs: 10_000 });
    assert.equal(await textAt(cache, "k"), value.toString());
  });

  it("are told apart when many come in one packet that ends in the middle of the last", async () => {
    const waiting: Buffer[] = [];
    await using server = await ScriptedServer.start((request) => {
      if (!isGet(request) && request.opcode !== opcodes.noop) return undefined;
      waiting.push(isGet(request) ? hit(request, `value of ${request.key}`) : reply(request));
      if (request.opcode === opcodes.noop) {
        const all = Buffer.concat(waiting);
        request.socket.write(all.subarray(0, all.length - 5), () =>
          setImmediate(() => request.socket.write(all.subarray(all.length - 5))),
        );
      }
      return "silence";
    });
    await using cache = openMemjsCache({ servers: server.address, timeoutMs: 10_000 });
    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
    assert.deepEqual(
      await Promise.all(keys.map((key) => textAt(cache, key))),
      keys.map((key) => `value of ${key}`),
    );
  });
});

describe("a connection that breaks in the middle of an answer", () => {
  for (const ending of ["reset", "fin"] as const) {
    for (const length of [1, 23, 24, 30, 43]) {
      it(`leaves nothing to the next one: ${ending} after ${length} bytes`, async () => {
        let broken = false;
        await using server = await ScriptedServer.start((request) => {
          if (!isGet(request)) return undefined;
          if (request.connection > 1) return hit(request, right);
          if (broken) return "silence";
          broken = true;
          request.socket.write(hit(request, right).subarray(0, length), () => {
            if (ending === "fin") request.socket.end();
            else request.socket.resetAndDestroy();
          });
          return "silence";
        });
        await using cache = openImpatient(server);
        await Promise.all([
          expectCode(textAt(cache, "k"), "CACHE_UNAVAILABLE"),
          expectCode(textAt(cache, "other"), "CACHE_UNAVAILABLE"),
        ]);
        await connected(cache, server.address);
        for (let round = 0; round < 3; round += 1) assert.equal(await textAt(cache, "k"), right);
      });
    }
  }

  it("settles the calls at once and sends none of them again", async () => {
    await using server = await ScriptedServer.start((request) => {
      if (
        request.connection > 1 ||
        isProbe(request.key) ||
        request.opcode === opcodes.version ||
        request.opcode === opcodes.stat
      ) {
        return undefined;
      }
      request.socket.end(); // FIN: memjs tells nobody
      return "silence";
    });
    // A deadline that would be noticed.
    await using cache = openMemjsCache({
      servers: server.address,
      timeoutMs: 60_000,
      maxReconnectDelayMs: 1,
    });
    await cache.connect(server.address);
    await Promise.all([
      expectCode(cache.getMany(["a", "b"]), "CACHE_UNAVAILABLE"),
      expectCode(cache.add("c", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE"),
      expectCode(cache.set("d", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE"),
    ]);
    await connected(cache, server.address);
    await cache.getMany(["e"]);
    assert.deepEqual(
      server.callersRequests.filter(({ connection }) => connection > 1).map(({ key }) => key),
      ["e"],
    );
  });
});

describe("an answer that cannot be right", () => {
  const damages: ReadonlyArray<{
    readonly name: string;
    readonly damaged: (request: ScriptedRequest) => Buffer;
  }> = [
    { name: "under an opaque of nobody", damaged: (request) => hit(request, "wrong", { opaque: 4_711 }) },
    {
      name: "to another kind of request",
      damaged: (request) => hit(request, "wrong", { opcode: opcodes.version }),
    },
    { name: "with another key", damaged: (request) => hit(request, "wrong", { key: "other" }) },
    { name: "with another magic byte", damaged: (request) => hit(request, "wrong", { magic: 0x80 }) },
    { name: "without a CAS", damaged: (request) => hit(request, "wrong", { cas: 0n }) },
    {
      name: "with an impossible length",
      damaged: (request) => {
        const bytes = hit(request, "wrong");
        bytes.writeUInt32BE(0xffff_fff0, 8);
        return bytes;
      },
    },
    {
      name: "behind a good one",
      damaged: (request) => Buffer.concat([hit(request, right), hit(request, "wrong")]),
    },
  ];
  for (const { name, damaged } of damages) {
    for (const keys of [["k"], ["k", "l", "m"]]) {
      it(`ends the connection and is no value: ${name}, ${keys.length} asked for`, async () => {
        const script: Script = (request) => {
          if (!isGet(request)) return undefined;
          return request.connection === 1 ? damaged(request) : hit(request, right);
        };
        await using server = await ScriptedServer.start(script);
        await using cache = openImpatient(server);
        const first = await cache.connect(server.address);
        const neighbour = cache.set("neighbour", bytesOf("v"), longTtlMs).catch((error) => error);
        const found = await cache.getMany(keys).catch((error) => error);
        if (!(found instanceof Error)) {
          assert.deepEqual(
            [...found.values()].map(({ bytes }) => Buffer.from(bytes).toString()),
            [right],
          );
        } else await expectCode(Promise.reject(found), "CACHE_UNAVAILABLE");
        await neighbour;
        assert.notEqual(await connected(cache, server.address), first);
        assert.equal(await textAt(cache, "k"), right);
      });
    }
  }
});

describe("a refusal by the server", () => {
  it("of one key of a batch is an error and not a miss", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === opcodes.getkq && request.key === "b"
        ? reply(request, { status: 0x82, value: "Out of memory" })
        : request.opcode === opcodes.getkq
          ? hit(request, right)
          : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    const error = await expectCode(cache.getMany(["a", "b", "c"]), "CACHE_UNAVAILABLE");
    assert.match(error.message, /out of memory/);
    // The connection is in order.
    assert.equal((await cache.getMany(["a", "c"])).size, 2);
    assert.equal(server.connections, 1);
  });

  it("of set for want of memory rejects, and names no key", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key === "k" ? reply(request, { status: 0x82, value: "Out of memory" }) : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    const error = await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    assert.equal(
      error.message,
      `memcached ${server.address}: the server refused the request (out of memory)`,
    );
  });

  it("of a conditional store for want of memory is a lost race, as after an eviction", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key === "k" ? reply(request, { status: 0x82, value: "Out of memory" }) : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    assert.equal(await cache.add("k", bytesOf("v"), longTtlMs), undefined);
    const token = await cache.set("other", bytesOf("v"), longTtlMs);
    assert.equal(await cache.compareAndSet("k", bytesOf("v"), longTtlMs, token), undefined);
  });

  it("a store that is confirmed without a CAS gives no token, and ends the connection", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.key === "k" ? reply(request, { cas: 0n }) : undefined,
    );
    await using cache = openImpatient(server);
    await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    assert.equal(cache.connection(server.address), 0);
  });
});
