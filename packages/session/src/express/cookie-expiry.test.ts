import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import session from "express-session";
import { cookieEndMs, restoreEnd, withoutEnd } from "./cookie-expiry.js";

const instant = Date.UTC(2030, 0, 1);
const iso = "2030-01-01T00:00:00.000Z";

describe("the end of a cookie", () => {
  it.each([
    ["a Date", { expires: new Date(instant) }, instant],
    ["text, after a trip through JSON", { expires: iso }, instant],
    ["none: a browser session", { expires: null }, undefined],
    ["none at all", {}, undefined],
    ["false", { expires: false }, undefined],
    ["an invalid Date", { expires: new Date(Number.NaN) }, undefined],
    ["text that is no date", { expires: "soon" }, undefined],
    ["no cookie", undefined, undefined],
  ])("is read from %s", (_, cookie, expected) => {
    assert.equal(cookieEndMs(cookie), expected);
  });

  it("is left out of what is stored, and put back from the row", () => {
    const stored = JSON.parse(
      JSON.stringify(withoutEnd({ user: 1, cookie: { path: "/", expires: new Date(5) } })),
    );
    assert.deepEqual(stored, { user: 1, cookie: { path: "/" } });
    restoreEnd(stored, instant);
    assert.deepEqual(stored, { user: 1, cookie: { path: "/", expires: iso } });
  });

  it("stays away for a browser session, whose row has one", () => {
    const stored = JSON.parse(JSON.stringify(withoutEnd({ cookie: { path: "/" } })));
    restoreEnd(stored, instant);
    assert.deepEqual(stored, { cookie: { path: "/", expires: null } });
  });

  it("is no hindrance for sessions without a cookie or with an invalid one", () => {
    assert.deepEqual(withoutEnd({ foo: "bar" }), { foo: "bar" });
    const stored: Record<string, unknown> = { foo: "bar" };
    restoreEnd(stored, instant);
    assert.deepEqual(stored, { foo: "bar" });
    const odd = withoutEnd({ cookie: { expires: new Date(Number.NaN) } });
    assert.deepEqual(JSON.parse(JSON.stringify(odd)), { cookie: { expires: null } });
  });

  it("is found in the cookie of express-session itself, with its other attributes kept", () => {
    const cookie = Object.assign(
      Object.create((session as unknown as { Cookie: { prototype: object } }).Cookie.prototype),
      {
        _expires: new Date(instant),
        originalMaxAge: 60_000,
        path: "/",
        httpOnly: true,
        sameSite: "lax",
      },
    );
    assert.equal(cookieEndMs(cookie), instant);
    const stored = JSON.parse(JSON.stringify(withoutEnd({ cookie })));
    assert.deepEqual(stored, {
      cookie: { originalMaxAge: 60_000, path: "/", httpOnly: true, sameSite: "lax" },
    });
  });
});
