import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { ProtocolError } from "./memcached-errors.js";
import { ReplyAssembly } from "./reply-assembly.js";

const nothing = Buffer.alloc(0);

function answer(bodyBytes: number, length = bodyBytes): Buffer {
  const bytes = Buffer.alloc(24 + length, 0xab);
  bytes.fill(0, 0, 24);
  bytes[0] = 0x81;
  bytes.writeUInt32BE(bodyBytes, 8);
  return bytes;
}

describe("ReplyAssembly", () => {
  it.each([1, 2, 3, 23, 24, 25, 100])(
    "hands out an answer once it is complete, from chunks of %p bytes",
    (size) => {
      const assembly = new ReplyAssembly();
      const whole = answer(100);
      for (let offset = 0; offset < whole.length; offset += size) {
        const chunk = whole.subarray(offset, offset + size);
        const taken = assembly.take(nothing, chunk);
        if (offset + size < whole.length) assert.equal(taken.length, 0);
        else assert.deepEqual(taken, whole);
      }
    },
  );

  it("hands out all that came with the answer, and takes the rest back", () => {
    const assembly = new ReplyAssembly();
    const both = Buffer.concat([answer(10), answer(20)]);
    assert.equal(assembly.take(nothing, both.subarray(0, 20)).length, 0);
    assert.deepEqual(assembly.take(nothing, both.subarray(20, 50)), both.subarray(0, 50));
    const rest = both.subarray(34, 50);
    assert.equal(assembly.take(rest, both.subarray(50, 60)).length, 0);
    assert.deepEqual(assembly.take(nothing, both.subarray(60)), answer(20));
  });

  it("does not copy an answer that came in one piece", () => {
    const whole = answer(100);
    assert.equal(new ReplyAssembly().take(nothing, whole), whole);
  });

  it("keeps nothing after clear", () => {
    const assembly = new ReplyAssembly();
    assembly.take(nothing, answer(100).subarray(0, 60));
    assembly.clear();
    assert.deepEqual(assembly.take(nothing, answer(5)), answer(5));
  });

  it("refuses bytes of another protocol", () => {
    assert.throws(
      () => new ReplyAssembly().take(nothing, Buffer.from("ERROR\r\nERROR\r\nERROR\r\nERROR\r\n")),
      ProtocolError,
    );
  });

  it("refuses a length that no server has, instead of collecting it", () => {
    assert.throws(() => new ReplyAssembly().take(nothing, answer(0xffff_ffff, 10)), ProtocolError);
  });

  it("refuses a body shorter than its key", () => {
    const bytes = answer(10);
    bytes.writeUInt16BE(11, 2);
    assert.throws(() => new ReplyAssembly().take(nothing, bytes), ProtocolError);
  });
});
