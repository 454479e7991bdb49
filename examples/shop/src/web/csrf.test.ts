import { describe, expect, it } from "@jest/globals";
import { csrfTokenMatches, newCsrfToken } from "./csrf.js";

describe("CSRF tokens", () => {
  it("match themselves and nothing else", () => {
    const token = newCsrfToken();
    expect(csrfTokenMatches(token, token)).toBe(true);
    expect(csrfTokenMatches(token, newCsrfToken())).toBe(false);
    expect(csrfTokenMatches(token, `${token}x`)).toBe(false);
    expect(csrfTokenMatches(token, token.slice(0, -1))).toBe(false);
  });

  it.each([
    ["a missing field", undefined],
    ["an empty field", ""],
    ["a field given twice", ["a", "a"]],
    ["a nested field", { a: "b" }],
  ])("do not match %s", (_name, given) => {
    expect(csrfTokenMatches(newCsrfToken(), given)).toBe(false);
  });

  it("are refused while the session has none", () => {
    expect(csrfTokenMatches(undefined, undefined)).toBe(false);
    expect(csrfTokenMatches(undefined, "undefined")).toBe(false);
    expect(csrfTokenMatches("", "")).toBe(false);
  });

  it("compare text beyond ASCII without throwing", () => {
    expect(csrfTokenMatches("aé", "aéé")).toBe(false);
    expect(csrfTokenMatches("ab", "é")).toBe(false);
  });
});
