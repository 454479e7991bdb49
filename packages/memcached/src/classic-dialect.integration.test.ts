import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { cacheBackendContract } from "@aside/core/testing";
import { type MemcachedServer, startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bytesOf, longTtlMs } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { OlderMemcached } from "../test-support/older-memcached.js";
import { openMemcachedCache } from "./memcached-cache.js";

describeWithServers(["memcached"], "MemcachedCache on a memcached without meta commands", () => {
  let server: MemcachedServer;
  let older: OlderMemcached;
  beforeAll(async () => {
    server = await startMemcached();
    older = await OlderMemcached.before(server);
  });
  afterAll(async () => {
    assert.equal(older.metaCommands, 0);
    await older[Symbol.asyncDispose]();
    await server.stop();
  });

  const run = randomUUID();
  let keys = 0;
  const open = async () => openMemcachedCache({ servers: older.address, timeoutMs: 2_000 });
  cacheBackendContract(
    { describe, it },
    {
      name: "memcached",
      ttlStepMs: 1000,
      connected: true,
      leasing: true,
      open,
      openSecond: open,
      freshKey: () => {
        keys += 1;
        return `contract:${run}:${keys}`;
      },
    },
  );

  it("a read of many keys is several commands, and loses none", async () => {
    await using cache = await open();
    const many = Array.from({ length: 333 }, (_, n) => `many:${n}`);
    await Promise.all(many.map((key) => cache.set(key, bytesOf(key), longTtlMs)));
    const found = await cache.getMany(many);
    assert.deepEqual([...found.keys()], many);
    for (const key of many) assert.equal(Buffer.from(found.get(key)?.bytes ?? []).toString(), key);
  });

  it("one that was started with -C is refused", async () => {
    await using bare = await startMemcached({ args: ["-C"] });
    await using front = await OlderMemcached.before(bare);
    await using cache = openMemcachedCache({ servers: front.address });
    await expectCode(cache.connect(front.address), "CONFIGURATION");
  });
});
