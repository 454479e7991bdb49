import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { libmemcachedServers, libmemcachedVectors } from "../test-support/libmemcached-vectors.js";
import { hashesOf, Ketama } from "./ketama.js";
import { md5 } from "./md5.js";
import { parseServers } from "./server-address.js";

const ringOf = (servers: string | readonly string[]): Ketama => new Ketama(parseServers(servers));
const keys = Array.from({ length: 20_000 }, (_, index) => `products:${index}`);
const servers = [1, 2, 3, 4, 5].map((n) => `10.0.0.${n}:11211`);

/** How many of `keys` each server has. */
function sharesOf(ring: Ketama): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(ring.nodeOf(key), (counts.get(ring.nodeOf(key)) ?? 0) + 1);
  return counts;
}

describe("Ketama", () => {
  it("puts every key of libmemcached's own test where libmemcached puts it, with eight weights", () => {
    const ring = ringOf(libmemcachedServers);
    assert.equal(libmemcachedVectors.length, 99);
    for (const [key, hash, server] of libmemcachedVectors) {
      assert.equal((md5(key)[0] as number) >>> 0, hash);
      assert.equal(ring.nodeOf(key), `10.0.1.${server}:11211`, key);
    }
  });

  it("puts keys where the manual of PHP's Memcached::getServerByKey shows them", () => {
    const ring = ringOf("mem1.domain.com:11211 40,mem2.domain.com:11211 40,mem3.domain.com:11211 20");
    assert.equal(ring.nodeOf("user"), "mem3.domain.com:11211");
    assert.equal(ring.nodeOf("log"), "mem2.domain.com:11211");
    assert.equal(ring.nodeOf("ip"), "mem2.domain.com:11211");
  });

  it("begins again behind the last point", () => {
    const ring = ringOf(libmemcachedServers);
    // libmemcached's test names this key for it: its hash is 0xfffcd1b5, behind the last point.
    assert.equal((md5("VDEAAAAA")[0] as number) >>> 0, 0xfffcd1b5);
    const list = parseServers(libmemcachedServers);
    const points = list.flatMap(({ ringName, weight, partition }) =>
      Array.from({ length: hashesOf(weight, list) }, (_, n) => [...md5(`${ringName}-${n}`)])
        .flat()
        .map((word) => ({ at: word >>> 0, partition })),
    );
    const lowest = points.reduce((one, other) => (other.at < one.at ? other : one));
    assert.equal(ring.nodeOf("VDEAAAAA"), lowest.partition);
  });

  it("does not depend on the order of the list", () => {
    const one = ringOf(servers);
    const other = ringOf([...servers].reverse());
    for (const key of keys) assert.equal(other.nodeOf(key), one.nodeOf(key));
  });

  it("gives servers of equal weight about the same share, and one of twice the weight about twice of it", () => {
    const equal = sharesOf(ringOf(servers));
    assert.equal(equal.size, 5);
    for (const [server, count] of equal) {
      assert.ok(Math.abs(count - 4000) < 800, `${server} has ${count} of 20,000 keys`);
    }
    const weighted = sharesOf(ringOf([`${servers[0]} 2`, ...servers.slice(1)]));
    const double = weighted.get(servers[0] as string) ?? 0;
    assert.ok(Math.abs(double - 20_000 / 3) < 1_000, `twice the weight has ${double} of 20,000 keys`);
  });

  it("moves only keys of a server that is taken away, and spreads them over all others", () => {
    const before = ringOf(servers);
    const after = ringOf(servers.slice(0, 4));
    const heirs = new Set<string>();
    for (const key of keys) {
      if (before.nodeOf(key) === servers[4]) heirs.add(after.nodeOf(key));
      else assert.equal(after.nodeOf(key), before.nodeOf(key));
    }
    assert.equal(heirs.size, 4);
  });

  it("names a server by its port only where that is not 11211, as libmemcached does", () => {
    assert.deepEqual(
      parseServers("Cache-1,cache-1:11212,[::1]:11211,[::1]:1").map(({ ringName }) => ringName),
      ["cache-1", "cache-1:11212", "::1", "::1:1"],
    );
  });

  // Printed by a C program of the same expression, compiled by gcc 12 for x86-64.
  it.each([
    [1, 40],
    [3, 40],
    [24, 40],
    [25, 39],
    [47, 39],
    [48, 40],
    [100, 39],
    [300, 40],
  ])("reckons in single precision: each of %d servers of equal weight has %d hashes", (count, hashes) => {
    const list = parseServers(Array.from({ length: count }, (_, n) => `cache-${n}`));
    assert.equal(hashesOf(1, list), hashes);
  });
});
