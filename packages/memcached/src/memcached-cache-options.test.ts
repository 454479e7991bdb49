import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { MemcachedCache } from "./memcached-cache.js";
import { type MemcachedCacheOptions, resolveMemcachedCacheOptions } from "./memcached-cache-options.js";

const servers = "127.0.0.1:11211";

describe("the options of MemcachedCache", () => {
  it("have defaults", () => {
    const { addresses, clock, ...resolved } = resolveMemcachedCacheOptions({ servers });
    assert.deepEqual(resolved, {
      name: "memcached",
      timeoutMs: 250,
      connectTimeoutMs: 1_000,
      maxReconnectDelayMs: 500,
      credentials: undefined,
      tls: undefined,
      maxBytesInFlight: 16 * 1024 * 1024,
    });
  });

  it("take files of UNIX sockets beside hosts", () => {
    const cache = new MemcachedCache({ servers: "unix:/run/memcached.sock,[::1]:11212,/tmp/b 2" });
    assert.deepEqual(cache.partitions, ["/run/memcached.sock", "[::1]:11212", "/tmp/b"]);
  });

  const wrong: ReadonlyArray<{
    readonly name: string;
    readonly options: Record<string, unknown>;
    readonly message: RegExp;
  }> = [
    { name: "no servers", options: { servers: [] }, message: /^servers: / },
    { name: "a folder", options: { servers: "/run/" }, message: /^servers\[0\] / },
    {
      name: "a socket file named twice",
      options: { servers: "/a,unix:/a" },
      message: /^servers\[1\] .*twice/,
    },
    {
      name: "an unknown one",
      options: { servers, retries: 1 },
      message: /^retries: there is no such option/,
    },
    { name: "failover", options: { servers, failover: true }, message: /^failover: / },
    { name: "a name alone", options: { servers, username: "me" }, message: /^username and password: / },
    {
      name: "a name with a colon",
      options: { servers, username: "a:b", password: "p" },
      message: /^username: /,
    },
    {
      name: "a name with a space",
      options: { servers, username: "a b", password: "p" },
      message: /^username: /,
    },
    {
      name: "a password of two lines",
      options: { servers, username: "a", password: "p\r\nflush_all" },
      message: /^password: /,
    },
    { name: "tls that is a word", options: { servers, tls: "yes" }, message: /^tls: / },
    { name: "tls with a host", options: { servers, tls: { host: "h" } }, message: /^tls\.host: / },
    { name: "tls over a UNIX socket", options: { servers: "/a", tls: true }, message: /^tls: not with/ },
    { name: "no bytes in flight", options: { servers, maxBytesInFlight: 0 }, message: /^maxBytesInFlight: / },
    {
      name: "half a byte in flight",
      options: { servers, maxBytesInFlight: 1.5 },
      message: /^maxBytesInFlight: /,
    },
    {
      name: "endless bytes",
      options: { servers, maxBytesInFlight: Infinity },
      message: /^maxBytesInFlight: /,
    },
    { name: "no time", options: { servers, timeoutMs: 0 }, message: /^timeoutMs: / },
  ];
  it.each(wrong)("are refused: $name", ({ options, message }) => {
    assert.throws(() => new MemcachedCache(options as unknown as MemcachedCacheOptions), {
      name: "TypeError",
      message,
    });
  });
});
