import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { ProtocolError } from "./memcached-errors.js";
import { TextReply } from "./text-reply.js";
import { TextReplyReader } from "./text-reply-reader.js";

/** What was read: lines as they came, values in brackets. */
class Recorder {
  readonly found: string[] = [];
  readonly values: Buffer[] = [];
  readonly #reply = new TextReply();

  line(bytes: Buffer, start: number, end: number): number {
    this.#reply.parse(bytes, start, end);
    this.found.push(this.#reply.text);
    return this.#reply.valueBytes;
  }

  value(bytes: Buffer): void {
    this.values.push(bytes);
    this.found.push(`[${bytes.toString("latin1")}]`);
  }
}

/** Reads `pieces` as a socket would bring them: all in the same memory, one after the other. */
function read(pieces: readonly Buffer[]): Recorder {
  const recorder = new Recorder();
  const reader = new TextReplyReader(recorder);
  const memory = Buffer.alloc(64 * 1024);
  for (const piece of pieces) {
    memory.fill("\r\nVA 1 c1\r\n"); // what was read before stands behind the new bytes
    piece.copy(memory);
    reader.read(memory, piece.length);
  }
  return recorder;
}

const stream = Buffer.from(
  "VA 5 c12 O1\r\nhello\r\nVA 0 c3 O2 W\r\n\r\nHD c18446744073709551615 O3\r\nVA 9 c4 O4\r\n\r\nVA 1 \r\n\r\nEN\r\n" +
    "SERVER_ERROR out of memory storing object\r\nSTAT a b\r\nEND\r\nVA 2 O5 c9\r\n\r\n\r\nMN\r\n",
  "latin1",
);
const expected = [
  "VA 5 c12 O1",
  "[hello]",
  "VA 0 c3 O2 W",
  "[]",
  "HD c18446744073709551615 O3",
  "VA 9 c4 O4",
  "[\r\nVA 1 \r\n]",
  "EN",
  "SERVER_ERROR out of memory storing object",
  "STAT a b",
  "END",
  "VA 2 O5 c9",
  "[\r\n]",
  "MN",
];

describe("TextReplyReader", () => {
  it("reads lines and values of one piece", () => {
    assert.deepEqual(read([stream]).found, expected);
  });

  it("reads the same from two pieces, wherever the first one ends", () => {
    for (let at = 0; at <= stream.length; at += 1) {
      assert.deepEqual(read([stream.subarray(0, at), stream.subarray(at)]).found, expected, `cut at ${at}`);
    }
  });

  it("reads the same from three pieces, wherever they end", () => {
    for (let first = 1; first < stream.length; first += 3) {
      for (let second = first + 1; second < stream.length; second += 5) {
        const pieces = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        assert.deepEqual(read(pieces).found, expected, `cut at ${first} and ${second}`);
      }
    }
  });

  it("reads the same from pieces of one byte", () => {
    assert.deepEqual(read(Array.from(stream, (_, at) => stream.subarray(at, at + 1))).found, expected);
  });

  it("keeps values apart from the memory they were read into", () => {
    const { values } = read([
      Buffer.from("VA 3 c1 O1\r\nabc\r\n"),
      Buffer.from("XXXXXXXXXXXXXXXXXXXXXXX\r\n"),
    ]);
    assert.equal(values[0]?.toString(), "abc");
  });

  it("reads a megabyte in pieces of one byte about as fast as four quarters of it", () => {
    const spent = (bytes: number): number => {
      const value = Buffer.alloc(bytes, "v");
      const reader = new TextReplyReader(new Recorder());
      const announced = Buffer.from(`VA ${bytes} c1 O1\r\n`);
      reader.read(announced, announced.length);
      const startMs = performance.now();
      for (let at = 0; at < bytes; at += 1) reader.read(value.subarray(at, at + 1), 1);
      return performance.now() - startMs;
    };
    spent(100_000);
    const quarterMs = Math.min(spent(262_144), spent(262_144), spent(262_144));
    const wholeMs = Math.min(spent(1_048_576), spent(1_048_576));
    // Linear work takes four times as long, quadratic work sixteen times.
    assert.ok(wholeMs < 10 * quarterMs + 50, `${wholeMs} ms against ${quarterMs} ms`);
  });

  it.each([
    { name: "a line that ends with LF alone", bytes: "HD\n" },
    { name: "an empty line with LF alone", bytes: "\n" },
    { name: "a line without end", bytes: "A".repeat(5000) },
    { name: "a value longer than announced", bytes: "VA 2 c1\r\nabc\r\n" },
    { name: "a value with LF alone behind it", bytes: "VA 2 c1\r\nab\nEN\r\n" },
    { name: "a length that is no number", bytes: "VA x c1\r\n" },
    { name: "no length", bytes: "VA\r\n" },
    { name: "a length below 0", bytes: "VA -1 c1\r\n" },
    { name: "a length of many digits", bytes: `VA ${"9".repeat(30)} c1\r\n` },
    { name: "a length over what any server keeps", bytes: "VA 9999999999 c1\r\n" },
    { name: "a CAS that is no number", bytes: "HD c1x O1\r\n" },
    { name: "an empty CAS", bytes: "HD c O1\r\n" },
    { name: "an empty opaque", bytes: "HD c1 O\r\n" },
  ])("refuses $name, in one piece and in many", ({ bytes }) => {
    const all = Buffer.from(bytes, "latin1");
    assert.throws(() => read([all]), ProtocolError);
    assert.throws(() => read(Array.from(all, (_, at) => all.subarray(at, at + 1))), ProtocolError);
  });

  it("refuses a value over the size that the server told", () => {
    const reader = new TextReplyReader(new Recorder());
    reader.maxValueBytes = 10;
    const longest = Buffer.from("VA 10 c1\r\n0123456789\r\n");
    reader.read(longest, longest.length);
    const longer = Buffer.from("VA 11 c1\r\n");
    assert.throws(() => reader.read(longer, longer.length), ProtocolError);
  });
});
