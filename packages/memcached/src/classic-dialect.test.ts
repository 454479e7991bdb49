import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bytesOf, longTtlMs } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { type TextScript, TextServer } from "../test-support/text-server.js";
import { openMemcachedCache } from "./memcached-cache.js";

/** A server of before the meta commands, on which others store in between as `script` says. */
function startOld(script: TextScript): Promise<TextServer> {
  return TextServer.start({
    version: "1.4.39",
    script: (request) => {
      const { command, key } = request;
      if (/^m[ngsd]$/.test(command)) return "ERROR\r\n";
      const scripted = script(request);
      if (scripted !== undefined) return scripted;
      if (command === "gets") return `VALUE ${key} 0 1 5\r\n0\r\nEND\r\n`;
      if (command === "cas") return key.startsWith("aside:probe:") ? "EXISTS\r\n" : "STORED\r\n";
      return command === "set" || command === "add" ? "STORED\r\n" : undefined;
    },
  });
}

describe("classic commands", () => {
  it("a store that somebody stored over before its token was looked up has a token that matches nothing", async () => {
    await using server = await startOld(({ command, key }) =>
      command === "gets" && key === "k" ? "VALUE k 0 5 9\r\nother\r\nEND\r\n" : undefined,
    );
    await using cache = openMemcachedCache({ servers: server.address });
    const token = await cache.set("k", bytesOf("mine"), longTtlMs);
    const sent = server.requests.length;
    assert.equal(await cache.compareAndSet("k", bytesOf("next"), longTtlMs, token), undefined);
    assert.equal(await cache.delete("k", token), false);
    assert.equal(server.requests.length, sent, "the token of the other entry was not used");
  });

  it("a lease that was stored over before it was looked at is none", async () => {
    await using server = await startOld(({ command, key }) =>
      command === "gets" && key === "k"
        ? "VALUE k 0 4 9\r\nhold\r\nEND\r\n"
        : command === "gets" && key === "gone"
          ? "END\r\n"
          : undefined,
    );
    await using cache = openMemcachedCache({ servers: server.address });
    const found = await cache.getOrLease(["k", "gone"], longTtlMs);
    assert.deepEqual([...found.keys()], ["k"]);
    assert.equal(found.get("k")?.leased, false);
    assert.equal(Buffer.from(found.get("k")?.bytes ?? []).toString(), "hold");
  });

  it("a delete by token is a compare-and-set with a lifetime that is past", async () => {
    await using server = await startOld(() => undefined);
    await using cache = openMemcachedCache({ servers: server.address });
    assert.equal(await cache.delete("k", await cache.set("k", bytesOf("0"), longTtlMs)), true);
    assert.equal(server.requests.at(-1)?.line, "cas k 0 -1 0 5");
  });

  it.each([
    { name: "another key", answer: "VALUE other 0 1 5\r\n0\r\nEND\r\n" },
    { name: "no token", answer: "VALUE k 0 1\r\n0\r\nEND\r\n" },
    { name: "something else", answer: "HD\r\n" },
    { name: "two values", answer: "VALUE k 0 1 5\r\n0\r\nVALUE k 0 1 5\r\n0\r\nEND\r\n" },
  ])("a read that is answered with $name ends the connection", async ({ answer }) => {
    await using server = await startOld(({ command, key }) =>
      command === "gets" && key === "k" ? answer : undefined,
    );
    await using cache = openMemcachedCache({ servers: server.address });
    await expectCode(cache.getMany(["k"]), "CACHE_UNAVAILABLE");
    assert.equal(cache.connection(server.address), 0);
  });

  it("an error is never taken for a miss, and does not end the connection", async () => {
    await using server = await startOld(({ command, key }) =>
      command === "gets" && key === "k" ? "SERVER_ERROR out of memory\r\n" : undefined,
    );
    await using cache = openMemcachedCache({ servers: server.address });
    const connection = await cache.connect(server.address);
    await expectCode(cache.getMany(["k"]), "CACHE_UNAVAILABLE");
    assert.equal(cache.connection(server.address), connection);
  });
});
