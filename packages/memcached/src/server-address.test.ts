import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseServers } from "./server-address.js";

describe("parseServers", () => {
  it.each([
    {
      name: "a name with a port",
      servers: "cache-1.example.org:11212",
      partitions: ["cache-1.example.org:11212"],
    },
    { name: "a name without one", servers: "cache", partitions: ["cache:11211"] },
    { name: "capitals", servers: "Cache:11211", partitions: ["cache:11211"] },
    { name: "a name as containers have it", servers: "my_cache_1:1", partitions: ["my_cache_1:1"] },
    { name: "several with spaces", servers: "a:1, b:2 ,c", partitions: ["a:1", "b:2", "c:11211"] },
    { name: "a list", servers: ["a:1", "b:2"], partitions: ["a:1", "b:2"] },
    { name: "an IPv4 address", servers: "10.0.0.7:65535", partitions: ["10.0.0.7:65535"] },
    {
      name: "an IPv6 address",
      servers: "[::1]:11212,[FE80::2]",
      partitions: ["[::1]:11212", "[fe80::2]:11211"],
    },
    { name: "a long IPv6 address", servers: "[0:0:0:0:0:0:0:1]:1", partitions: ["[::1]:1"] },
  ])("reads $name", ({ servers, partitions }) => {
    assert.deepEqual(
      parseServers(servers).map(({ partition }) => partition),
      partitions,
    );
  });

  it("reads a weight behind a space, and takes 1 where there is none", () => {
    assert.deepEqual(
      parseServers("a:1 3,b 20, [::1]:1  4 ,c:1").map(({ partition, weight }) => [partition, weight]),
      [
        ["a:1", 3],
        ["b:11211", 20],
        ["[::1]:1", 4],
        ["c:1", 1],
      ],
    );
  });

  it("gives the host of an IPv6 address without its brackets", () => {
    assert.deepEqual(
      parseServers("[::1]:11212").map(({ host, port }) => ({ host, port })),
      [{ host: "::1", port: 11212 }],
    );
  });

  it.each([
    { name: "nothing", servers: "" },
    { name: "an empty list", servers: [] },
    { name: "a hole in the list", servers: "secret-a:1,,secret-b:1" },
    { name: "port 0", servers: "secret:0" },
    { name: "a port that is too high", servers: "secret:65536" },
    { name: "a port that is no number", servers: "secret:port" },
    { name: "bare IPv6", servers: "fe80::5ec:1" },
    { name: "brackets around a name", servers: "[secret]:1" },
    { name: "credentials", servers: "user:secret@host:11211" },
    { name: "a URL", servers: "memcached://secret:11211" },
    { name: "a socket file", servers: "/var/run/secret.sock" },
    { name: "a space inside", servers: "secret host:1" },
    { name: "a weight of 0", servers: "secret:1 0" },
    { name: "a weight that is not whole", servers: "secret:1 1.5" },
    { name: "a weight that libmemcached could not hold", servers: "secret:1 4294967296" },
    { name: "two weights", servers: "secret:1 1 2" },
    { name: "the same server with two weights", servers: "secret:1 1,secret:1 2" },
    { name: "the same server twice", servers: "secret:11211,SECRET" },
    { name: "two spellings of one IPv6 address", servers: "[::1],[0::1]:11211" },
    { name: "a number", servers: [11211 as unknown as string] },
    { name: "something else", servers: { secret: 1 } as unknown as string },
  ])("refuses $name without quoting it", ({ servers }) => {
    assert.throws(
      () => parseServers(servers),
      (error: unknown) => error instanceof TypeError && !/secret|5ec/i.test(error.message),
    );
  });
});
