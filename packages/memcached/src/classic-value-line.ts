import { ProtocolError } from "./memcached-errors.js";
import type { TextReply } from "./text-reply.js";

/** What `gets` says of an entry: memcached's `doc/protocol.txt`, "Retrieval command". */
export interface ClassicValueLine {
  readonly key: string;
  readonly valueBytes: number;
  readonly cas: number | bigint;
}

/** @throws {ProtocolError} for any other line. */
export function readValueLine(reply: TextReply): ClassicValueLine {
  const match = /^VALUE (\S+) \d+ (\d{1,10}) (\d{1,20})$/.exec(reply.text);
  if (match === null) throw new ProtocolError("an answer does not fit its request");
  const [, key = "", bytes, digits = ""] = match;
  const cas = Number(digits);
  return { key, valueBytes: Number(bytes), cas: Number.isSafeInteger(cas) ? cas : BigInt(digits) };
}
