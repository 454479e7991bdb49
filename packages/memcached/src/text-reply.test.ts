import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { TextReply } from "./text-reply.js";

function parsed(line: string): TextReply {
  const reply = new TextReply();
  const bytes = Buffer.from(`before ${line} behind`, "latin1");
  reply.parse(bytes, 7, 7 + line.length);
  return reply;
}

describe("TextReply", () => {
  it.each([
    { line: "HD", kind: "HD", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "HD c5 O77", kind: "HD", valueBytes: -1, opaque: 77, cas: 5 },
    { line: "VA 1024 c5 O0", kind: "VA", valueBytes: 1024, opaque: 0, cas: 5 },
    { line: "VA 0 O9 c5 f0 t-1 s0 kkey", kind: "VA", valueBytes: 0, opaque: 9, cas: 5 },
    { line: "EN", kind: "EN", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "EN O3", kind: "EN", valueBytes: -1, opaque: 3, cas: 0 },
    { line: "NF c0 O3", kind: "NF", valueBytes: -1, opaque: 3, cas: 0 },
    { line: "NS", kind: "NS", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "EX", kind: "EX", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "MN", kind: "MN", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "END", kind: "other", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "VALUE key 0 5 1", kind: "other", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "VERSION 1.6.18", kind: "other", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "H", kind: "other", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "ERROR", kind: "error", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "CLIENT_ERROR bad data chunk", kind: "error", valueBytes: -1, opaque: -1, cas: 0 },
    { line: "SERVER_ERROR c7 O8", kind: "error", valueBytes: -1, opaque: -1, cas: 0 },
  ])("reads $line", ({ line, kind, valueBytes, opaque, cas }) => {
    const reply = parsed(line);
    assert.deepEqual(
      {
        kind: reply.kind,
        valueBytes: reply.valueBytes,
        opaque: reply.opaque,
        cas: reply.cas,
        text: reply.text,
      },
      { kind, valueBytes, opaque, cas, text: line },
    );
  });

  it.each([
    { digits: "9007199254740991", cas: Number.MAX_SAFE_INTEGER },
    { digits: "9007199254740992", cas: 9007199254740992n },
    { digits: "9007199254740993", cas: 9007199254740993n },
    { digits: "18446744073709551615", cas: 18446744073709551615n },
  ])("keeps the CAS $digits exactly", ({ digits, cas }) => {
    assert.equal(parsed(`HD c${digits} O1`).cas, cas);
  });

  it("tells who won a lease, and what is stale", () => {
    assert.deepEqual([parsed("VA 0 c1 O1 W").won, parsed("VA 0 c1 O1 W").stale], [true, false]);
    assert.deepEqual([parsed("VA 0 c1 O1 Z").won, parsed("VA 1 c1 O1 W X").stale], [false, true]);
  });

  it("keeps nothing of the line before", () => {
    const reply = new TextReply();
    for (const line of ["VA 3 c7 O8 W X", "EN"]) reply.parse(Buffer.from(line), 0, line.length);
    const { kind, valueBytes, opaque, cas, won, stale } = reply;
    assert.deepEqual(
      { kind, valueBytes, opaque, cas, won, stale },
      { kind: "EN", valueBytes: -1, opaque: -1, cas: 0, won: false, stale: false },
    );
  });

  it("tells of a refusal what memcached says, and nothing that others may quote", () => {
    assert.equal(parsed("SERVER_ERROR out of memory storing object").refusal, "out of memory storing object");
    assert.equal(parsed("CLIENT_ERROR no such key secret-key").refusal, "CLIENT_ERROR");
  });
});
