import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { TextRequestWriter, valueToSend } from "./text-request-writer.js";

/** Sizes around each bound at which values are treated differently. */
const sizes = [0, 1, 128, 129, 1_000, 8_192, 8_193, 16_384, 16_385, 100_000];

function bytesOfSize(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + size) % 256));
}

function bytesOf(chunks: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk)),
  );
}

describe("TextRequestWriter", () => {
  it("gives nothing where nothing was written, and nothing twice", () => {
    const writer = new TextRequestWriter();
    assert.deepEqual(writer.take(), []);
    writer.write("a");
    assert.deepEqual(writer.take(), ["a"]);
    assert.deepEqual(writer.take(), []);
  });

  it("keeps every byte and the order, whatever the sizes of two values after each other", () => {
    const writer = new TextRequestWriter();
    for (const first of sizes) {
      for (const second of sizes) {
        const values = [bytesOfSize(first), bytesOfSize(second)];
        writer.write("before");
        for (const value of values) {
          writer.write(`<${value.length}>`);
          writer.writeValue(valueToSend(value));
          writer.write("\r\n");
        }
        const expected = Buffer.concat([
          Buffer.from("before"),
          ...values.flatMap((value) => [Buffer.from(`<${value.length}>`), value, Buffer.from("\r\n")]),
        ]);
        assert.ok(bytesOf(writer.take()).equals(expected), `${first} and ${second} bytes`);
      }
    }
  });

  it("hands many short values to the socket as one piece, and long ones without another copy", () => {
    const writer = new TextRequestWriter();
    const long = valueToSend(bytesOfSize(100_000));
    for (let n = 0; n < 100; n += 1) writer.writeValue(valueToSend(bytesOfSize(1_000)));
    assert.equal(writer.take().length, 1);
    for (let n = 0; n < 100; n += 1) writer.writeValue(valueToSend(bytesOfSize(1_000)));
    writer.writeValue(long);
    writer.write("\r\n");
    const chunks = writer.take();
    assert.equal(chunks.length, 3);
    assert.equal(chunks[1], long);
  });

  it.each(sizes)("a value of %p bytes is a copy", (size) => {
    const value = bytesOfSize(size);
    const expected = Buffer.from(value);
    const writer = new TextRequestWriter();
    writer.writeValue(valueToSend(value));
    value.fill(0);
    assert.ok(bytesOf(writer.take()).equals(expected));
  });

  it("values that are waiting do not share memory", () => {
    const writer = new TextRequestWriter();
    const values = Array.from({ length: 300 }, (_, n) => Buffer.alloc(500, n % 256));
    const waiting = values.map((value) => valueToSend(value));
    for (const value of waiting) writer.writeValue(value);
    assert.ok(bytesOf(writer.take()).equals(Buffer.concat(values)));
  });
});
