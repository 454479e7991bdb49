import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyTarget } from "@aside/test-servers";
import { ask, bytesOf, type Fault, patience, ttlMs } from "../bout.js";

/** A server that forgets. */
export const memoryFaults: readonly Fault[] = [
  {
    name: "flush_all",
    calls: "served",
    async strike({ server, cache, transport, freshKey, lastingMs }) {
      for (let round = 0; round < 5; round += 1) {
        const [leaseKey, holdKey] = [freshKey(), freshKey()];
        const lease = await transport.lease(cache, leaseKey, patience.timeoutMs);
        const hold = await cache.set(holdKey, bytesOf("hold"), ttlMs, patience);
        assert.ok(lease !== undefined);
        await ask(server, "flush_all\r\n", /OK\r\n/);
        assert.equal(await cache.compareAndSet(leaseKey, bytesOf("fill"), ttlMs, lease, patience), undefined);
        assert.equal(await cache.compareAndSet(holdKey, bytesOf("hold"), ttlMs, hold, patience), undefined);
        assert.equal(await cache.delete(holdKey, hold, patience), false);
        await sleep(lastingMs / 5);
      }
    },
  },
  {
    name: "-m 1, a flood evicts leases and holds",
    calls: "either", // stores may be refused for want of memory
    server: { memoryMb: 1, args: ["-I", "512k"] }, // it wants two of the largest items to fit
    async strike({ server, cache, transport, freshKey }) {
      const [leaseKey, holdKey] = [freshKey(), freshKey()];
      const lease = await transport.lease(cache, leaseKey, patience.timeoutMs);
      const hold = await cache.set(holdKey, bytesOf("hold"), ttlMs, patience);
      assert.ok(lease !== undefined);
      await flood(server, [leaseKey, holdKey]);
      assert.equal(await cache.compareAndSet(leaseKey, bytesOf("fill"), ttlMs, lease, patience), undefined);
      assert.equal(await cache.compareAndSet(holdKey, bytesOf("hold"), ttlMs, hold, patience), undefined);
      assert.equal(await cache.delete(holdKey, hold, patience), false);
    },
  },
];

/** Stores small entries of all sizes, since memcached evicts among those of one size, until those under `keys` are gone. */
async function flood(server: ProxyTarget, keys: readonly string[]): Promise<void> {
  // `me` looks without making what it finds young again, as `get` would.
  const look = `${keys.map((key) => `me ${key}\r\n`).join("")}mn\r\n`;
  for (let wave = 0; wave < 40; wave += 1) {
    let sets = "";
    for (let n = 0; n < 5_000; n += 1) {
      const value = "x".repeat(n % 100);
      sets += `set flood:${wave}:${n} 0 0 ${value.length} noreply\r\n${value}\r\n`;
    }
    const left = await ask(server, sets + look, /MN\r\n/);
    if (!left.includes("ME ")) return;
  }
  assert.fail("the flood did not evict the lease and the hold");
}
