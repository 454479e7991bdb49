import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isAsideError } from "@aside/core";
import { describe, it } from "@jest/globals";
import { SessionStoreFixture } from "../fixtures/session-store.js";
import type { SessionOptions } from "./session-options.js";
import { SessionRepository } from "./session-repository.js";

const day = 86_400_000;
const minute = 60_000;

function newRepository(
  fixture: SessionStoreFixture,
  options: Partial<SessionOptions> = {},
): SessionRepository {
  return new SessionRepository({ store: fixture.store, clock: fixture.clock, ...options });
}

describe("SessionRepository", () => {
  it("keeps a session until the very millisecond at which it ends", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    const expiresAtMs = fixture.clock.nowMs() + minute;
    await sessions.save("a", { user: 1 }, { expiresAtMs });
    assert.deepEqual((await sessions.load("a"))?.data, { user: 1 });
    await fixture.clock.advance(minute - 1);
    assert.equal((await sessions.load("a"))?.expiresAtMs, expiresAtMs);
    await fixture.clock.advance(1);
    assert.equal(await sessions.load("a"), undefined);
  });

  it("keeps a browser session for ttlMs after its last use, exactly so with touchAfterMs: 0", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture, { touchAfterMs: 0 });
    await sessions.save("a", { user: 1 });
    await fixture.clock.advance(day - 1);
    await sessions.touch("a");
    await fixture.clock.advance(day - 1);
    assert.ok(await sessions.load("a"));
    await fixture.clock.advance(1);
    assert.equal(await sessions.load("a"), undefined);
  });

  it("keeps all of 20 changes that were made at the same time", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    await sessions.save("a", { user: 1 });
    const loaded = await Promise.all(Array.from({ length: 20 }, () => sessions.load("a")));
    const saves = loaded.map(async (session, index) => {
      assert.ok(session);
      session.data[`field${index}`] = index;
      await sessions.save("a", session.data, { origin: session.origin });
    });
    await fixture.passing(Promise.all(saves));
    const data = (await sessions.load("a"))?.data ?? {};
    assert.equal(Object.keys(data).length, 21, JSON.stringify(data));
  });

  it("does not bring a session back that was destroyed since it was read", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    await sessions.save("a", { user: 1 });
    const slow = await sessions.load("a");
    assert.ok(slow);
    assert.equal(await sessions.destroy("a"), true);
    slow.data["cart"] = [1];
    assert.equal(await sessions.save("a", slow.data, { origin: slow.origin }), undefined);
    assert.equal(await sessions.save("a", { other: 1 }, { origin: slow.origin }), undefined);
    assert.equal(await sessions.touch("a"), false);
    assert.equal(await sessions.load("a"), undefined);
    assert.equal(await sessions.destroy("a"), false);
  });

  it("does not bring back what was destroyed and made anew under the same id either: it joins", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    await sessions.save("a", { user: 1, role: "admin" });
    const slow = await sessions.load("a");
    assert.ok(slow);
    await sessions.destroy("a");
    await sessions.save("a", { user: 2 });
    await sessions.save("a", { ...slow.data, seen: true }, { origin: slow.origin });
    assert.deepEqual((await sessions.load("a"))?.data, { user: 2, seen: true });
  });

  it("takes a second save of one object as a change of its first", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    const origin = await sessions.save("a", { step: 1, mine: 1 });
    assert.ok(origin);
    const other = await sessions.load("a");
    await sessions.save("a", { ...other?.data, theirs: 1 }, { origin: other?.origin });
    const second = await sessions.save("a", { step: 2 }, { origin });
    assert.deepEqual((await sessions.load("a"))?.data, { step: 2, theirs: 1 });
    assert.ok(second);
    await sessions.save("a", { step: 3 }, { origin: second });
    assert.deepEqual((await sessions.load("a"))?.data, { step: 3, theirs: 1 });
  });

  it("only touches a session that did not change, in whatever order its fields are", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    await sessions.save("a", { user: 1, cart: [1, 2] });
    const session = await sessions.load("a");
    const { write } = fixture.calls;
    const origin = await sessions.save("a", { cart: [1, 2], user: 1 }, { origin: session?.origin });
    assert.equal(origin, session?.origin);
    assert.equal(fixture.calls.write, write);
  });

  it("writes the database at most once per touchAfterMs for requests that only prolong a session", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture, { touchAfterMs: 5 * minute });
    await sessions.save("a", { user: 1 });
    for (let second = 0; second < 600; second += 10) {
      assert.ok(await sessions.load("a"));
      assert.equal(await sessions.touch("a"), true);
      await fixture.clock.advance(10_000);
    }
    // 10 minutes: one lead written at the first touch, one after 5 minutes.
    assert.ok(fixture.calls.touch <= 3, `${fixture.calls.touch} touches of the database`);
    assert.ok(fixture.calls.write === 1);
    // As a request does: it reads, and then prolongs the copy that it has read. The exact end is kept with that copy.
    const before = fixture.clock.nowMs();
    assert.ok(await sessions.load("a"));
    await sessions.touch("a");
    assert.equal((await sessions.load("a"))?.expiresAtMs, before + day);
  });

  it("lets a session that was prolonged outlive its end by at most touchAfterMs or a tenth, and never ends it early", async () => {
    await using fixture = new SessionStoreFixture();
    for (const [ttlMs, late] of [
      [minute, minute / 10],
      [day, 5 * minute],
    ] as const) {
      const sessions = newRepository(fixture, { ttlMs });
      await sessions.save("a", { user: 1 });
      await fixture.clock.advance(ttlMs / 2);
      await sessions.touch("a");
      await fixture.clock.advance(ttlMs - 1);
      assert.ok(await sessions.load("a"));
      await fixture.clock.advance(late + 1);
      assert.equal(await sessions.load("a"), undefined);
    }
  });

  it("destroys a session whose end is set into the past", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    await sessions.save("a", { user: 1 });
    assert.equal(await sessions.save("a", { user: 1 }, { expiresAtMs: fixture.clock.nowMs() }), undefined);
    assert.equal(await sessions.load("a"), undefined);
    await sessions.save("b", { user: 1 });
    assert.equal(await sessions.touch("b", fixture.clock.nowMs() - 1), false);
    assert.equal(await sessions.load("b"), undefined);
  });

  it("keeps the hash of an id and not the id, unless told otherwise", async () => {
    await using fixture = new SessionStoreFixture();
    await newRepository(fixture).save("secret", { user: 1 });
    await newRepository(fixture, { hashIds: false }).save("plain", { user: 2 });
    assert.equal(await fixture.row("secret"), undefined);
    const hash = createHash("sha256").update("secret").digest("base64url");
    assert.deepEqual((await fixture.row(hash))?.value.data, { user: 1 });
    assert.deepEqual((await fixture.row("plain"))?.value.data, { user: 2 });
  });

  it("gives every caller an object of its own", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    const session = { list: [1] };
    await sessions.save("a", session);
    session.list.push(2);
    const [one, two] = await Promise.all([sessions.load("a"), sessions.load("a")]);
    assert.ok(one);
    (one.data["list"] as number[]).push(3);
    assert.deepEqual(two?.data, { list: [1] });
    assert.deepEqual((await sessions.load("a"))?.data, { list: [1] });
  });

  it("passes an outage of the database on, and loses nothing by it", async () => {
    await using fixture = new SessionStoreFixture();
    const sessions = newRepository(fixture);
    const down = (error: unknown) => isAsideError(error, "DATABASE_UNAVAILABLE");
    await sessions.save("a", { user: 1 });
    fixture.databaseDown = true;
    await assert.rejects(sessions.load("a"), down);
    await assert.rejects(sessions.save("a", { user: 2 }), down);
    await assert.rejects(sessions.destroy("a"), down);
    fixture.databaseDown = false;
    assert.deepEqual((await sessions.load("a"))?.data, { user: 1 });
  });

  it.each([
    ["no store", { store: undefined }],
    ["what is no store", { store: {} }],
    ["a ttl of 0", { ttlMs: 0 }],
    ["a ttl that is no number", { ttlMs: "1d" }],
    ["a negative touchAfterMs", { touchAfterMs: -1 }],
    ["hashIds that is no boolean", { hashIds: "yes" }],
  ])("refuses %s at construction", async (_, options) => {
    await using fixture = new SessionStoreFixture();
    assert.throws(() => newRepository(fixture, options as unknown as Partial<SessionOptions>), TypeError);
  });
});
