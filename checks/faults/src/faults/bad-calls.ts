import assert from "node:assert/strict";
import { ask, bytesOf, type Fault, patience, refused, ttlMs } from "../bout.js";

/** Calls that memcached would answer by harm to others. */
export const badCalls: readonly Fault[] = [
  {
    name: "a key of 251 bytes among 99 good ones",
    calls: "served",
    async strike({ cache, partition, freshKey }) {
      const connection = cache.connection(partition);
      const good = Array.from({ length: 99 }, freshKey);
      let bad = freshKey().padEnd(251, "k");
      while (cache.partitionOf(bad) !== partition) bad = freshKey().padEnd(251, "k");
      await Promise.all(good.map((key) => cache.set(key, bytesOf(key), ttlMs, patience)));
      const [, ...entries] = await Promise.all([
        refused(cache.getMany([bad], patience), "INVALID_KEY"),
        ...good.map((key) => cache.getMany([key], patience)),
        refused(cache.set(bad, bytesOf("v"), ttlMs, patience), "INVALID_KEY"),
        refused(cache.getMany([...good, bad], patience), "INVALID_KEY"),
      ]);
      for (const [index, key] of good.entries()) {
        const bytes = (entries[index] as Awaited<ReturnType<typeof cache.getMany>>).get(key)?.bytes;
        assert.equal(bytes && Buffer.from(bytes).toString(), key);
      }
      assert.equal((await cache.getMany(good, patience)).size, 99);
      assert.equal(cache.connection(partition), connection, "the connection has survived");
    },
  },
  {
    name: "an oversize fill with a void token while a hold stands",
    calls: "served",
    server: { args: ["-I", "512k"] },
    async strike({ cache, open, server, freshKey }) {
      const key = freshKey();
      const lease = await cache.set(key, bytesOf("lease"), ttlMs, patience);
      const hold = await cache.set(key, bytesOf("hold"), ttlMs, patience);
      const oversize = new Uint8Array(600_000);
      await refused(cache.compareAndSet(key, oversize, ttlMs, lease, patience), "INVALID_VALUE");
      await refused(cache.compareAndSet(key, oversize, ttlMs, hold, patience), "INVALID_VALUE");
      await refused(cache.add(key, oversize, ttlMs, patience), "INVALID_VALUE");
      await refused(cache.set(key, oversize, ttlMs, patience), "INVALID_VALUE");
      // A client that has not met the server yet, and believes it to take more.
      await using fresh = open();
      assert.ok(fresh.limits.maxValueBytes > oversize.length);
      await refused(fresh.set(key, oversize, ttlMs, patience), "INVALID_VALUE");
      assert.match(await ask(server, `get ${key}\r\n`, /END\r\n/), /\r\nhold\r\n/, "the hold still stands");
      assert.equal(await cache.delete(key, hold, patience), true, "and its token is good");
    },
  },
];
