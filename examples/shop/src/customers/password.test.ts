import { describe, expect, it } from "@jest/globals";
import { hashPassword, passwordMatches } from "./password.js";

describe("passwords", () => {
  it("match their own hash and no other", async () => {
    const hash = await hashPassword("correct horse");
    expect(await passwordMatches("correct horse", hash)).toBe(true);
    expect(await passwordMatches("correct hors", hash)).toBe(false);
    expect(await passwordMatches("", hash)).toBe(false);
  });

  it("are salted", async () => {
    expect(await hashPassword("same")).not.toBe(await hashPassword("same"));
  });

  it("match nothing where there is no account", async () => {
    expect(await passwordMatches("anything", undefined)).toBe(false);
  });

  it("are the same in composed and decomposed Unicode", async () => {
    expect(await passwordMatches("cafe\u0301", await hashPassword("caf\u00e9"))).toBe(true);
  });
});
