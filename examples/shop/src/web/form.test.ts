import { describe, expect, it } from "@jest/globals";
import type { Request } from "express";
import { field, localPath, wholeNumber } from "./form.js";

const request = (body: unknown): Request => ({ body }) as Request;

describe("field", () => {
  it("trims, replaces control characters and cuts", () => {
    expect(field(request({ name: "  a\u0000b\r\nc  " }), "name", 40)).toBe("a b c");
    expect(field(request({ name: "x".repeat(50) }), "name", 40)).toHaveLength(40);
  });

  it.each([
    ["no body", undefined],
    ["a missing field", {}],
    ["a field sent twice", { name: ["a", "b"] }],
    ["an object", { name: { a: 1 } }],
  ])("is empty for %s", (_name, body) => {
    expect(field(request(body), "name", 40)).toBe("");
  });
});

describe("wholeNumber", () => {
  it.each([
    ["0", 0],
    ["17", 17],
    ["999999999", 999_999_999],
  ])("reads %s", (text, value) => {
    expect(wholeNumber(text)).toBe(value);
  });

  it.each([[""], ["-1"], ["1.5"], ["1e3"], ["0x1"], [" 1"], ["1000000000"], [undefined]])(
    "refuses %s",
    (text) => {
      expect(wholeNumber(text)).toBeUndefined();
    },
  );
});

describe("localPath", () => {
  it.each(["/", "/cart", "/products/17-mug?notice=added", "/?category=plants&page=2"])("keeps %s", (path) => {
    expect(localPath(path, "/")).toBe(path);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "evil",
    "",
    "/a\r\nb",
    "/a b",
  ])("falls back for %j", (path) => {
    expect(localPath(path, "/fallback")).toBe("/fallback");
  });
});
