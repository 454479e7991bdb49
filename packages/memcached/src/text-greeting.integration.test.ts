import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, it } from "@jest/globals";
import { bytesOf, longTtlMs, textAt } from "../test-support/cache-calls.js";
import { expectCode } from "../test-support/expect-code.js";
import { openMemcachedCache } from "./memcached-cache.js";

const certFile = fileURLToPath(new URL("../test-support/tls/cert.pem", import.meta.url));
const keyFile = fileURLToPath(new URL("../test-support/tls/key.pem", import.meta.url));
const ca = readFileSync(certFile);

describeWithServers(["memcached"], "MemcachedCache and a memcached that asks for more", () => {
  let folder = "";
  let authFile = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "aside-auth-"));
    authFile = join(folder, "users");
    await writeFile(authFile, "somebody:else\nme:p@ssw\u00f6rd\n");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("speaks TLS with one whose certificate it knows, values of a megabyte included", async () => {
    await using server = await startMemcached({ tls: { certFile, keyFile } });
    await using cache = openMemcachedCache({ servers: server.address, tls: { ca }, timeoutMs: 5_000 });
    await cache.connect(server.address);
    const large = Buffer.alloc(cache.limits.maxValueBytes, "0123456789abcdef");
    await Promise.all([cache.set("k", bytesOf("over tls"), longTtlMs), cache.set("large", large, longTtlMs)]);
    assert.equal(await textAt(cache, "k"), "over tls");
    const found = (await cache.getMany(["large"])).get("large")?.bytes;
    assert.ok(found !== undefined && large.equals(found));
    await server.kill();
    await expectCode(cache.getMany(["k"]), "CACHE_UNAVAILABLE");
  });

  it("does not speak to one whose certificate nobody vouches for, nor without TLS", async () => {
    await using server = await startMemcached({ tls: { certFile, keyFile } });
    await using distrustful = openMemcachedCache({ servers: server.address, tls: true });
    await expectCode(distrustful.connect(server.address), "CACHE_UNAVAILABLE");
    await using plain = openMemcachedCache({ servers: server.address, connectTimeoutMs: 300 });
    await assert.rejects(plain.connect(server.address));
    assert.equal(plain.connection(server.address), 0);
  });

  it("is let in with the right name and password", async () => {
    await using server = await startMemcached({ args: ["-Y", authFile] });
    await using cache = openMemcachedCache({
      servers: server.address,
      username: "me",
      password: "p@ssw\u00f6rd",
    });
    await cache.set("k", bytesOf("v"), longTtlMs);
    assert.equal(await textAt(cache, "k"), "v");
  });

  it.each([
    { name: "a wrong password", credentials: { username: "me", password: "guess" } },
    { name: "no password", credentials: {} },
  ])("is refused with $name, and says so without it", async ({ credentials }) => {
    await using server = await startMemcached({ args: ["-Y", authFile] });
    await using cache = openMemcachedCache({ servers: server.address, ...credentials });
    const error = await expectCode(cache.connect(server.address), "CONFIGURATION");
    assert.doesNotMatch(error.message, /guess/);
    await expectCode(cache.set("k", bytesOf("v"), longTtlMs), "CACHE_UNAVAILABLE");
  });

  it("leaves no password in a memcached that asked for none", async () => {
    await using server = await startMemcached();
    await using cache = openMemcachedCache({ servers: server.address, username: "me", password: "secret" });
    await cache.connect(server.address);
    assert.equal(await textAt(cache, "aside:auth"), undefined);
  });
});
