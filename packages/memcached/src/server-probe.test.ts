import assert from "node:assert/strict";
import { isAsideError } from "@aside/core";
import { describe, it } from "@jest/globals";
import { Client } from "memjs";
import { bytesOf, longTtlMs, until } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { isProbe, reply, type Script, ScriptedServer } from "../test-support/scripted-server.js";
import { opcodes } from "./binary-protocol.js";
import { openMemjsCache } from "./memjs-cache.js";

const saslList = 0x20;
const saslAuth = 0x21;

describe("the greeting of a new connection", () => {
  it("comes before the first request of a caller", async () => {
    await using server = await ScriptedServer.start();
    await using cache = openMemjsCache({ servers: server.address });
    await Promise.all([cache.getMany(["a"]), cache.set("b", bytesOf("v"), longTtlMs)]);
    const first = server.requests.findIndex(({ key }) => key === "a" || key === "b");
    const greeting = server.requests.slice(0, first);
    assert.deepEqual(
      greeting.map(({ opcode }) => opcode),
      [opcodes.version, opcodes.stat, opcodes.add, opcodes.delete, opcodes.delete],
    );
    assert.equal(greeting[2]?.extras.readUInt32BE(4), 1, "the probe ends after a second by itself");
    assert.equal(server.requests.filter(({ key }) => isProbe(key)).length, 3, "once for each connection");
  });

  const unusable: ReadonlyArray<{ readonly name: string; readonly script: Script }> = [
    {
      name: "hands out no CAS",
      script: (request) => (request.opcode === opcodes.add ? reply(request, { cas: 0n }) : undefined),
    },
    {
      name: "deletes whatever the CAS",
      script: (request) => (request.opcode === opcodes.delete ? reply(request) : undefined),
    },
    { name: "wants credentials and got none", script: (request) => reply(request, { status: 0x20 }) },
  ];
  it.each(unusable)("a server that $name is refused, and asked nothing else", async ({ script }) => {
    await using server = await ScriptedServer.start(script);
    await using cache = openMemjsCache({ servers: server.address });
    await expectCode(cache.connect(server.address), "CONFIGURATION");
    assert.equal(cache.connection(server.address), 0);
    await expectCode(cache.connect(server.address), "CONFIGURATION"); // left alone now, for the same reason
    const error = await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
    assert.ok(isAsideError(error.cause, "CONFIGURATION"));
    assert.deepEqual(server.callersRequests, []);
  });

  it("a server that tells no settings is taken for one with the defaults", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === opcodes.stat
        ? reply(request, { status: 0x81, value: "Unknown command" })
        : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    await cache.connect(server.address);
    assert.equal(cache.limits.maxValueBytes, 1024 * 1024 - 512);
  });

  it("the smallest item_size_max of all servers is the limit, and is kept before anything is sent", async () => {
    const telling = (bytes: number) => (request: Parameters<Script>[0]) =>
      request.opcode === opcodes.stat
        ? Buffer.concat([
            reply(request, { key: "maxbytes", value: "67108864" }),
            reply(request, { key: "item_size_max", value: String(bytes) }),
            reply(request),
          ])
        : undefined;
    await using small = await ScriptedServer.start(telling(4_608));
    await using large = await ScriptedServer.start(telling(8 * 1024 * 1024));
    await using cache = openMemjsCache({ servers: [small.address, large.address] });
    assert.equal(cache.limits.maxValueBytes, 1024 * 1024 - 512);
    await cache.connect(large.address);
    assert.equal(cache.limits.maxValueBytes, 1024 * 1024 - 512);
    await cache.connect(small.address);
    assert.equal(cache.limits.maxValueBytes, 4_096);

    const key = Array.from({ length: 50 }, (_, n) => `k${n}`).find(
      (k) => cache.partitionOf(k) === small.address,
    ) as string;
    await expectCode(cache.set(key, new Uint8Array(4_097), longTtlMs), "INVALID_VALUE");
    await cache.set(key, new Uint8Array(4_096), longTtlMs);
    assert.equal(small.callersRequests.length, 1);
  });

  it("a first value over the limit of its server is refused although the limit was not known yet", async () => {
    await using server = await ScriptedServer.start((request) =>
      request.opcode === opcodes.stat
        ? Buffer.concat([reply(request, { key: "item_size_max", value: "2048" }), reply(request)])
        : undefined,
    );
    await using cache = openMemjsCache({ servers: server.address });
    await expectCode(cache.set("k", new Uint8Array(2_000), longTtlMs), "INVALID_VALUE");
    assert.deepEqual(server.callersRequests, []);
  });

  it("something that is no memcached is given up at once", async () => {
    await using server = await ScriptedServer.start(() =>
      Buffer.from("-ERR unknown command, with `args`\r\n"),
    );
    await using cache = openMemjsCache({ servers: server.address });
    await expectCode(cache.connect(server.address), "CACHE_UNAVAILABLE");
    await until(() => server.sockets.length === 0);
  });
});

describe("credentials", () => {
  const authenticating =
    (password: string): Script =>
    (request) => {
      if (request.opcode === saslList) return reply(request, { value: "PLAIN" });
      if (request.opcode !== saslAuth) return undefined;
      const right = request.value.toString() === `\0user\0${password}`;
      return reply(request, right ? { value: "Authenticated" } : { status: 0x20, value: "Auth failure" });
    };

  it("are given before anything else, once for a connection", async () => {
    await using server = await ScriptedServer.start(authenticating("open sesame"));
    await using cache = openMemjsCache({
      servers: server.address,
      username: "user",
      password: "open sesame",
    });
    await cache.getMany(["k"]);
    const opcodesSeen = server.requests.map(({ opcode }) => opcode);
    assert.deepEqual(opcodesSeen.slice(0, 3), [saslList, saslAuth, opcodes.version]);
    assert.equal(opcodesSeen.lastIndexOf(saslList), 0);
  });

  it("that are wrong make a CONFIGURATION error without them", async () => {
    await using server = await ScriptedServer.start(authenticating("open sesame"));
    await using cache = openMemjsCache({
      servers: server.address,
      username: "user",
      password: "abracadabra",
    });
    const error = await expectCode(cache.connect(server.address), "CONFIGURATION");
    assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /abracadabra/);
    assert.deepEqual(
      server.callersRequests.map(({ opcode }) => opcode),
      [saslList, saslAuth],
    );
  });

  it("are taken from a client of the caller, which is left as it is", async () => {
    await using server = await ScriptedServer.start(authenticating("open sesame"));
    const client = Client.create(`user:open sesame@${server.address}`);
    {
      await using cache = openMemjsCache({ client });
      await cache.getMany(["k"]);
      assert.equal(server.connections, 1);
    }
    await client.get("k");
    assert.equal(server.connections, 2, "the client has a connection of its own, and still takes calls");
    client.close();
  });

  it("of the environment, which memjs would take, are not used", async () => {
    await using server = await ScriptedServer.start();
    process.env["MEMCACHE_USERNAME"] = "user";
    process.env["MEMCACHE_PASSWORD"] = "open sesame";
    try {
      await using cache = openMemjsCache({ servers: server.address });
      await cache.connect(server.address);
      assert.equal(server.requests[0]?.opcode, opcodes.version);
    } finally {
      delete process.env["MEMCACHE_USERNAME"];
      delete process.env["MEMCACHE_PASSWORD"];
    }
  });
});
