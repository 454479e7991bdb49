import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { MemjsCache } from "./memjs-cache.js";
import { type MemjsCacheOptions, resolveMemjsCacheOptions } from "./memjs-cache-options.js";

describe("resolveMemjsCacheOptions", () => {
  it("has the defaults that the documentation names", () => {
    const { name, credentials, timeoutMs, connectTimeoutMs, maxReconnectDelayMs } = resolveMemjsCacheOptions({
      servers: "a:1",
    });
    assert.deepEqual(
      { name, credentials, timeoutMs, connectTimeoutMs, maxReconnectDelayMs },
      {
        name: "memcached",
        credentials: undefined,
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

  it("says why there is no failover", () => {
    assert.throws(
      () => new MemjsCache({ servers: "a:1", failover: true } as MemjsCacheOptions),
      /failover.*stale/,
    );
  });
});
