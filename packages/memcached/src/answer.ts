import { type Cas, headerBytes } from "./binary-protocol.js";

/** One message of a server, with the bytes of its value in place. */
export interface Answer extends Cas {
  readonly opcode: number;
  readonly status: number;
  /** Of the request that it belongs to. */
  readonly opaque: number;
  readonly key: string;
  readonly value: Buffer;
  /** Of extras, key and value together. */
  readonly bodyBytes: number;
}

/** Reads the message of `length` bytes at `offset`, whose header was checked by `answerLength`. */
export function answerAt(bytes: Buffer, offset: number, length: number): Answer {
  const keyAt = offset + headerBytes + (bytes[offset + 4] as number);
  const valueAt = keyAt + bytes.readUInt16BE(offset + 2);
  return {
    opcode: bytes[offset + 1] as number,
    status: bytes.readUInt16BE(offset + 6),
    opaque: bytes.readUInt32BE(offset + 12),
    casHigh: bytes.readUInt32BE(offset + 16),
    casLow: bytes.readUInt32BE(offset + 20),
    key: valueAt === keyAt ? "" : bytes.toString("latin1", keyAt, valueAt),
    value: bytes.subarray(valueAt, offset + length),
    bodyBytes: length - headerBytes,
  };
}
