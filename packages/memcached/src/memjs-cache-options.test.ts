import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { Client } from "memjs";
import { MemjsCache } from "./memjs-cache.js";
import { type MemjsCacheOptions, resolveMemjsCacheOptions } from "./memjs-cache-options.js";

describe("resolveMemjsCacheOptions", () => {
  it("has the defaults that the documentation names", () => {
    const { name, timeoutMs, connectTimeoutMs, maxReconnectDelayMs } = resolveMemjsCacheOptions({
      servers: "a:1",
    });
    assert.deepEqual(
      { name, timeoutMs, connectTimeoutMs, maxReconnectDelayMs },
      {
        name: "memcached",
        timeoutMs: 250,
        connectTimeoutMs: 1000,
        maxReconnectDelayMs: 500,
      },
    );
  });

  const refused: ReadonlyArray<{ readonly name: string; readonly options: unknown }> = [
    { name: "no options", options: undefined },
    { name: "no servers", options: {} },
    { name: "failover: true", options: { failover: true } },
    { name: "an option of memjs", options: { retries: 3 } },
    { name: "an empty name", options: { name: "" } },
    { name: "a name with a space", options: { name: "secret cache" } },
    { name: "a long name", options: { name: "s".repeat(65) } },
    { name: "a password alone", options: { password: "secret" } },
    { name: "a user alone", options: { username: "secret" } },
    { name: "an empty password", options: { username: "secret", password: "" } },
    { name: "timeoutMs of 0", options: { timeoutMs: 0 } },
    { name: "timeoutMs of infinity", options: { timeoutMs: Number.POSITIVE_INFINITY } },
    { name: "connectTimeoutMs that is no number", options: { connectTimeoutMs: "1000" } },
    { name: "a negative maxReconnectDelayMs", options: { maxReconnectDelayMs: -1 } },
  ];
  it.each(refused)("refuses $name at construction, quoting no value", ({ name, options }) => {
    const all =
      name === "no options" || name === "no servers" ? options : { servers: "a:1", ...(options as object) };
    assert.throws(
      () => new MemjsCache(all as MemjsCacheOptions),
      (error: unknown) => error instanceof TypeError && !/secret/.test(error.message),
    );
  });

  it("takes servers, names and passwords from a client of the caller, each server's own", () => {
    const client = Client.create("a:1,user:pass@B,c:2", { username: "all", password: "word" });
    const { addresses, credentials } = resolveMemjsCacheOptions({ client });
    assert.deepEqual(
      addresses.map(({ partition }) => [partition, credentials.get(partition)]),
      [
        ["a:1", { username: "all", password: "word" }],
        ["b:11211", { username: "user", password: "pass" }],
        ["c:2", { username: "all", password: "word" }],
      ],
    );
    client.close();
  });

  it("takes an IPv6 server of a client, which memjs can only be given as an object", () => {
    const { addresses } = resolveMemjsCacheOptions({ client: { servers: [{ host: "::1", port: 5 }] } });
    assert.deepEqual(
      addresses.map(({ partition }) => partition),
      ["[::1]:5"],
    );
  });

  it.each([
    { name: "servers besides", options: { servers: "a:1" } },
    { name: "a password besides", options: { username: "u", password: "secret" } },
    { name: "something else", options: { client: "secret:1" } },
    { name: "a client without servers", options: { client: { servers: [] } } },
    { name: "a server without a host", options: { client: { servers: [{ port: 1 }] } } },
    { name: "a server without a port", options: { client: { servers: [{ host: "secret" }] } } },
  ])("refuses a client with $name", ({ options }) => {
    const client = { servers: [{ host: "a", port: 1 }] };
    assert.throws(
      () => new MemjsCache({ client, ...options } as MemjsCacheOptions),
      (error: unknown) => error instanceof TypeError && !/secret/.test(error.message),
    );
  });

  it("says why there is no failover", () => {
    assert.throws(
      () => new MemjsCache({ servers: "a:1", failover: true } as MemjsCacheOptions),
      /failover.*stale/,
    );
  });
});
