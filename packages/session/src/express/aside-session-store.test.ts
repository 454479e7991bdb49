import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { isAsideError } from "@aside/core";
import { afterEach, beforeEach, describe, it, jest } from "@jest/globals";
import session, { type SessionData } from "express-session";
import { SessionApp } from "../../fixtures/express-app.js";
import { SessionStoreFixture } from "../../fixtures/session-store.js";
import { AsideSessionStore } from "./aside-session-store.js";

const minute = 60_000;
const hour = 60 * minute;

// express-session reads the machine's clock, the store its own: both stand still here and move together.
beforeEach(() => {
  const real = [
    "nextTick",
    "queueMicrotask",
    "setImmediate",
    "clearImmediate",
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "performance",
    "hrtime",
  ] as const;
  jest.useFakeTimers({ doNotFake: [...real], now: 1_900_000_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

async function pass(app: SessionApp, ms: number): Promise<void> {
  jest.setSystemTime(Date.now() + ms);
  await app.fixture.clock.advance(ms);
}

describe("AsideSessionStore behind express-session", () => {
  it("stores nothing for a visitor who leaves nothing", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    assert.equal((await browser.get("/")).setCookie, undefined);
    assert.deepEqual(app.fixture.calls, { readMany: 0, write: 0, remove: 0, touch: 0 });
  });

  it("knows a visitor again, and each one by himself", async () => {
    await using app = await new SessionApp().listen();
    const [ada, bob] = [app.browser(), app.browser()];
    assert.match((await ada.get("/login/ada")).setCookie ?? "", /^connect\.sid=.*HttpOnly/);
    await bob.get("/login/bob");
    assert.equal((await ada.get("/")).body.user, "ada");
    assert.equal((await bob.get("/")).body.user, "bob");
    assert.equal((await app.browser().get("/")).body.user, undefined);
  });

  it("changes the id at log-in, and does not take an id that it never gave out", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/set/field1/1");
    const before = browser.cookie;
    await browser.get("/login/ada");
    assert.notEqual(browser.cookie, before);
    const thief = app.browser();
    thief.cookie = before;
    const page = await thief.get("/");
    assert.equal(page.body.user, undefined);
    assert.equal(page.body.field1, undefined);
    assert.notEqual(page.body.id, (await browser.get("/")).body.id);
  });

  it("ends a session at log-out, also for a copy of its cookie", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    const copy = app.browser();
    copy.cookie = browser.cookie;
    assert.equal((await browser.get("/logout")).body, "out");
    assert.equal((await copy.get("/")).body.user, undefined);
    assert.equal((await browser.get("/logout")).body, "out");
  });

  it("ends a session by unset: 'destroy'", async () => {
    await using app = await new SessionApp({ unset: "destroy" }).listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    await browser.get("/unset");
    assert.equal((await browser.get("/")).body.user, undefined);
  });

  it("ends a session with its cookie, when nobody used it", async () => {
    await using app = await new SessionApp({ cookie: { maxAge: minute } }).listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    await pass(app, minute);
    assert.equal((await browser.get("/")).body.user, undefined);
  });

  it("prolongs a session by every use", async () => {
    await using app = await new SessionApp({ cookie: { maxAge: minute }, rolling: true }).listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    for (let round = 0; round < 5; round++) {
      await pass(app, minute - 1);
      const page = await browser.get("/");
      assert.equal(page.body.user, "ada", `round ${round}`);
      assert.ok(page.setCookie?.includes(new Date(Date.now() + minute).toUTCString()), page.setCookie);
    }
    // The row leads by up to a tenth.
    await pass(app, minute + minute / 10);
    assert.equal((await browser.get("/")).body.user, undefined);
  });

  it("keeps a browser session for a day after its last use", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    assert.doesNotMatch((await browser.get("/login/ada")).setCookie ?? "", /Expires/);
    await pass(app, 23 * hour);
    assert.equal((await browser.get("/")).body.user, "ada");
    await pass(app, 23 * hour);
    assert.equal((await browser.get("/")).body.user, "ada");
    await pass(app, 24 * hour + 5 * minute);
    assert.equal((await browser.get("/")).body.user, undefined);
  });

  it("keeps all of 20 changes of 20 parallel requests", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    const requests = Array.from({ length: 20 }, (_, index) => browser.get(`/slow/field${index}/${index}`));
    await app.gate.arrived(20);
    app.gate.open();
    await app.fixture.passing(Promise.all(requests));
    const { body } = await browser.get("/");
    assert.deepEqual(
      Object.keys(body).filter((name) => name.startsWith("field")).length,
      20,
      JSON.stringify(body),
    );
    assert.equal(body.user, "ada");
  });

  it("does not let a slow request undo a log-out", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    const { cookie } = browser;
    const slow = browser.get("/slow/field1/1");
    await app.gate.arrived();
    await browser.get("/logout");
    app.gate.open();
    assert.equal((await slow).status, 200);
    browser.cookie = cookie;
    const { body } = await browser.get("/");
    assert.equal(body.user, undefined);
    assert.equal(body.field1, undefined);
    assert.deepEqual(app.errors, []);
  });

  it("does not let a request that only reads put old data back, with resave either", async () => {
    await using app = await new SessionApp({ resave: true }).listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    app.app.get("/look", async (_req, res) => {
      await app.gate.wait();
      res.json("seen");
    });
    const look = browser.get("/look");
    await app.gate.arrived();
    await browser.get("/set/field1/1");
    app.gate.open();
    await look;
    assert.equal((await browser.get("/")).body.field1, 1);
  });

  it("saves twice within one request", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/twice");
    assert.deepEqual({ ...(await browser.get("/")).body, id: 0 }, { field1: 1, field2: 2, id: 0 });
    await browser.get("/set/field3/3");
    await browser.get("/twice");
    assert.equal((await browser.get("/")).body.field3, 3);
  });

  it("reloads what another request wrote, and what is saved after that is a change of it", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    const reload = browser.get("/reload");
    await app.gate.arrived();
    await browser.get("/set/field1/1");
    app.gate.open();
    assert.deepEqual((await reload).body, { user: "ada", field1: 1 });
  });

  it("answers 500 while the database is down and nothing else can answer, and goes on afterwards", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    app.fixture.databaseDown = true;
    assert.equal((await browser.get("/")).status, 500);
    assert.ok(app.errors.every((error) => isAsideError(error, "DATABASE_UNAVAILABLE")));
    assert.ok(app.errors.length > 0);
    app.fixture.databaseDown = false;
    assert.equal((await browser.get("/")).body.user, "ada");
  });

  it("does not write the database for requests that only read", async () => {
    await using app = await new SessionApp().listen();
    const browser = app.browser();
    await browser.get("/login/ada");
    await browser.get("/");
    const before = { ...app.fixture.calls };
    for (let index = 0; index < 100; index++) await browser.get("/");
    assert.deepEqual(app.fixture.calls, before);
  });
});

const inAMinute = (): SessionData => ({
  cookie: { originalMaxAge: minute, expires: new Date(Date.now() + minute) },
});

describe("AsideSessionStore by itself", () => {
  async function open(): Promise<
    { fixture: SessionStoreFixture; store: AsideSessionStore } & AsyncDisposable
  > {
    const fixture = new SessionStoreFixture(Date.now());
    const store = new AsideSessionStore({ store: fixture.store, clock: fixture.clock });
    return { fixture, store, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
  }

  it("is a Store of express-session, and an emitter", async () => {
    await using opened = await open();
    assert.ok(opened.store instanceof session.Store);
    assert.equal(typeof opened.store.on, "function");
  });

  it("calls back with plain data and its end, to the millisecond", async () => {
    await using opened = await open();
    const { store, fixture } = opened;
    const end = new Date(Date.now() + minute).toISOString();
    await new Promise<void>((resolve, reject) =>
      store.set("a", { ...inAMinute(), user: "ada" }, (e) => (e ? reject(e) : resolve())),
    );
    const found = await new Promise((resolve, reject) =>
      store.get("a", (error, data) => (error ? reject(error) : resolve(data))),
    );
    assert.deepEqual(found, { user: "ada", cookie: { originalMaxAge: minute, expires: end } });
    await fixture.clock.advance(minute - 1);
    assert.ok(await store.get("a"));
    await fixture.clock.advance(1);
    assert.equal(await store.get("a"), undefined);
  });

  it("shows the new end after a touch, and nothing else changed", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.set("a", { ...inAMinute(), user: "ada" });
    await store.get("a");
    const later = new Date(Date.now() + 2 * minute);
    await store.touch("a", {
      cookie: { originalMaxAge: minute, expires: later },
      user: "eve",
    } as SessionData);
    const found = await store.get("a");
    assert.equal(found?.user, "ada");
    assert.equal(new Date(found?.cookie.expires as Date).getTime(), later.getTime());
  });

  it("takes a session without a cookie, and one with an invalid date", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.set("a", { foo: "bar" } as unknown as SessionData);
    assert.deepEqual(await store.get("a"), { foo: "bar" });
    await store.set("b", { cookie: { originalMaxAge: 1, expires: new Date(Number.NaN) } });
    assert.ok(await store.get("b"));
    const inflated = store.createSession(
      { sessionID: "a", sessionStore: store } as never,
      (await store.get("a")) as SessionData,
    );
    assert.equal((inflated as unknown as { foo: string }).foo, "bar");
    assert.equal(inflated.cookie.path, "/");
  });

  it("takes an end in the past as the end of the session", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.set("a", inAMinute());
    await store.set("a", { cookie: { originalMaxAge: -1, expires: new Date(Date.now() - 1) } });
    assert.equal(await store.get("a"), undefined);
  });

  it("replaces what is there by an object that it did not read, or read under another id", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.set("a", { ...inAMinute(), user: "ada", cart: [1] });
    await store.set("a", { ...inAMinute(), user: "bob" });
    assert.equal((await store.get("a"))?.cart, undefined);
    const read = await store.get("a");
    await store.set("b", read as SessionData);
    assert.equal((await store.get("b"))?.user, "bob");
  });

  it("finds nothing, touches nothing and destroys nothing without an error", async () => {
    await using opened = await open();
    const { store } = opened;
    assert.equal(await store.get("none"), undefined);
    await store.touch("none", inAMinute());
    assert.equal(await store.get("none"), undefined);
    await store.destroy("none");
  });

  it("passes what cannot be stored to the callback", async () => {
    await using opened = await open();
    const { store } = opened;
    const circle: Record<string, unknown> = { cookie: {} };
    circle["self"] = circle;
    const error = await new Promise((resolve) => store.set("a", circle as unknown as SessionData, resolve));
    assert.ok(isAsideError(error, "INVALID_VALUE"));
  });

  it("serves req.session.destroy() without a callback while the database is down", async () => {
    await using opened = await open();
    const { store, fixture } = opened;
    fixture.databaseDown = true;
    // The promise is dropped, as express-session does it: an unhandled rejection would fail this test file.
    void store.destroy("a");
    await setImmediate();
    await assert.rejects(store.destroy("a"), (error) => isAsideError(error, "DATABASE_UNAVAILABLE"));
  });
});
