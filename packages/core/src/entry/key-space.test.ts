import { describe, expect, it } from "@jest/globals";
import { isAsideError } from "../errors/aside-error.js";
import { KeySpace } from "./key-space.js";

const keys = new KeySpace("users", 250);

describe("KeySpace", () => {
  it("leaves an ordinary key readable", () => {
    expect(keys.finalKey("42")).toEqual({ key: "42", cacheKey: "users:42", hashed: false });
  });

  it.each([
    ["a blank", "a b"],
    ["a line break", "a\r\nb"],
    ["a percent sign", "a%20b"],
    ["a tilde", "a~b"],
    ["NUL", "a\0b"],
    ["Unicode", "Zoë-日本-😀"],
    ["a key that looks hashed", `a~${"x".repeat(43)}`],
  ])("makes %s printable ASCII without blanks", (_, key) => {
    const { cacheKey } = keys.finalKey(key);
    expect(cacheKey).toMatch(/^[!-~]+$/);
    expect(cacheKey).not.toContain("~");
  });

  it("never maps two keys to one", () => {
    const parts = ["a", " ", "%", "%20", "~", "%7E", "é", "\0", "+", ":", "😀"];
    const all = parts.flatMap((a) => parts.flatMap((b) => parts.map((c) => a + b + c)));
    const mapped = new Map<string, string>();
    for (const key of all) {
      const { cacheKey } = keys.finalKey(key);
      expect(mapped.get(cacheKey) ?? key).toBe(key);
      mapped.set(cacheKey, key);
    }
  });

  it("keeps keys of different stores apart", () => {
    expect(new KeySpace("a", 250).finalKey("b:c").cacheKey).not.toBe(
      new KeySpace("a.b", 250).finalKey("c").cacheKey,
    );
  });

  it("hashes what would be too long, and keeps a readable beginning", () => {
    const one = keys.finalKey(`path/${"x".repeat(300)}1`);
    const two = keys.finalKey(`path/${"x".repeat(300)}2`);
    expect(one.hashed).toBe(true);
    expect(one.cacheKey).toHaveLength(250);
    expect(one.cacheKey.startsWith("users:path/xxx")).toBe(true);
    expect(one.cacheKey).not.toBe(two.cacheKey);
  });

  it("takes a key of exactly the longest length as it is", () => {
    expect(keys.finalKey("x".repeat(244)).hashed).toBe(false);
    expect(keys.finalKey("x".repeat(245)).hashed).toBe(true);
  });

  it.each([
    ["an empty key", ""],
    ["half a surrogate pair", "a\ud800"],
    ["a number", 42 as unknown as string],
    ["undefined", undefined as unknown as string],
    ["a key of 10,000 characters", "x".repeat(10_000)],
  ])("refuses %s", (_, key) => {
    const refusal = refusalOf(() => keys.finalKey(key));
    expect(isAsideError(refusal, "INVALID_KEY")).toBe(true);
  });

  it("does not put the key into the message", () => {
    expect(String(refusalOf(() => keys.finalKey("secret\ud800")))).not.toContain("secret");
  });
});

function refusalOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
