import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "@jest/globals";
import { md5 } from "./md5.js";

const hex = (text: string): string => {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of md5(text).entries()) bytes.writeInt32LE(word, index * 4);
  return bytes.toString("hex");
};

describe("md5", () => {
  // RFC 1321, appendix A.5
  it.each([
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a", "0cc175b9c0f1b6a831c399e269772661"],
    ["abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"],
  ])("gives the digest that the standard prints for %j", (text, expected) => {
    assert.equal(hex(text), expected);
  });

  it("agrees with OpenSSL for every length of a key, over the edges of its blocks", () => {
    for (let length = 0; length <= 260; length += 1) {
      const text = Array.from({ length }, (_, at) =>
        String.fromCharCode(0x21 + ((at * 7 + length) % 94)),
      ).join("");
      assert.equal(hex(text), createHash("md5").update(text).digest("hex"));
    }
  });
});
