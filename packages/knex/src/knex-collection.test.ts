import assert from "node:assert/strict";
import { ManualClock } from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { expectCode } from "../fixtures/expect-code.js";
import { openNewFile } from "../fixtures/sqlite-files.js";
import { tokenMemoryClauses } from "../fixtures/token-memory-clauses.js";

describe("fencing tokens", () => {
  tokenMemoryClauses(openNewFile);
});

describe("a removal that expects no row", () => {
  it("removes none, and tells which one stands", async () => {
    await using opened = await openNewFile();
    const rows = opened.database.collection<number>("rows");
    assert.deepEqual(await rows.remove("a", { expectedVersion: null }), { removed: false });
    const written = await rows.write("a", 1);
    assert.deepEqual(await rows.remove("a", { expectedVersion: null }), {
      removed: false,
      reason: "version",
      version: written.version,
    });
    assert.equal((await rows.readMany(["a"])).size, 1);
  });
});

describe("the end of a row", () => {
  it("is the first instant at which it is absent", async () => {
    const clock = new ManualClock();
    await using opened = await openNewFile({ clock });
    const rows = opened.database.collection<number>("rows");
    await rows.write("a", 1, { expiresAtMs: clock.nowMs() + 1_000 });
    await clock.advance(999);
    assert.equal((await rows.readMany(["a"])).size, 1);
    assert.equal(await rows.removeExpired(10), 0);
    await clock.advance(1);
    assert.equal((await rows.readMany(["a"])).size, 0);
    assert.equal(await rows.removeExpired(10), 1);
  });
});

describe("collections", () => {
  it("of one database are apart, and two objects of one name are the same data", async () => {
    await using opened = await openNewFile();
    const { database } = opened;
    const [users, Users, again] = ["users", "Users", "users"].map((name) =>
      database.collection<string>(name),
    );
    await users?.write("a", "mine", { expiresAtMs: 1 });
    await users?.write("b", "mine");
    await Users?.write("b", "other");
    assert.equal((await again?.readMany(["b"]))?.get("b")?.value, "mine");
    assert.equal(await Users?.removeExpired(10), 0);
    assert.equal(await again?.removeExpired(10), 1);
  });

  it("may have a codec of their own", async () => {
    await using opened = await openNewFile();
    const codec = {
      encode: (value: unknown) => `<${String(value)}>`,
      decode: (text: string) => text.slice(1, -1),
    };
    const rows = opened.database.collection<string>("rows", { codec });
    await rows.write("a", "x");
    assert.equal((await rows.readMany(["a"])).get("a")?.value, "x");
    assert.equal((await opened.knex("aside_values").first("value")).value, "<x>");
  });

  it("keep what JSON does not", async () => {
    await using opened = await openNewFile();
    const rows = opened.database.collection<unknown>("rows");
    await rows.write("a", { at: new Date(7), many: 2n ** 70n });
    const found = (await rows.readMany(["a"])).get("a")?.value as { at: Date; many: bigint };
    assert.equal(found.at.getTime(), 7);
    assert.equal(found.many, 2n ** 70n);
  });

  it("refuse the text of a codec that is not well-formed", async () => {
    await using opened = await openNewFile();
    const codec = { encode: () => "a\ud800", decode: (stored: string) => stored };
    const rows = opened.database.collection<string>("rows", { codec });
    await expectCode(rows.write("a", "x"), "INVALID_VALUE");
    assert.equal((await rows.readMany(["a"])).size, 0);
  });

  it("refuse a value that would not come back the same, and write nothing", async () => {
    await using opened = await openNewFile();
    const rows = opened.database.collection<unknown>("rows");
    await expectCode(
      rows.write("a", () => 1),
      "INVALID_VALUE",
    );
    assert.equal((await rows.readMany(["a"])).size, 0);
  });
});

describe("wrong calls", () => {
  it("a read for update outside a transaction would hold nothing, and is refused", async () => {
    await using opened = await openNewFile();
    await expectCode(opened.database.collection("rows").readMany(["a"], { forUpdate: true }), "UNSUPPORTED");
  });

  it.each([
    { name: "an end that is no number", options: { expiresAtMs: Number.NaN } },
    { name: "an end that is never", options: { expiresAtMs: Number.POSITIVE_INFINITY } },
    { name: "a token beyond 64 bits", options: { fencingToken: 2n ** 63n } },
    { name: "a token that is a number", options: { fencingToken: 5 as unknown as bigint } },
  ])("$name is a TypeError", async ({ options }) => {
    await using opened = await openNewFile();
    const rows = opened.database.collection<number>("rows");
    await assert.rejects(rows.write("a", 1, options), TypeError);
    assert.equal((await rows.readMany(["a"])).size, 0);
  });

  it.each([0, -1, 1.5, Number.NaN, "1; drop table aside_values"])(
    "%p is no number of rows",
    async (limit) => {
      await using opened = await openNewFile();
      await assert.rejects(opened.database.collection("rows").removeExpired(limit as number), TypeError);
      await assert.rejects(opened.database.log.read("c", limit as number), TypeError);
    },
  );

  it("a log entry that would be cut is refused", async () => {
    await using opened = await openNewFile();
    const { log } = opened.database;
    await assert.rejects(log.append([{ id: "x".repeat(65), cache: "c", key: "k" }]), TypeError);
    await assert.rejects(log.append([{ id: "x", cache: "c".repeat(65), key: "k" }]), TypeError);
    await expectCode(log.append([{ id: "x", cache: "c", key: "k".repeat(4_097) }]), "INVALID_KEY");
    assert.deepEqual(await log.read("c", 10), []);
  });
});
