/**
 * Requests of memcached's binary protocol (`doc/protocol-binary.txt` of memcached). Built here and not by memjs, whose builder leaves
 * no room for the CAS.
 */

export const opcodes = {
  set: 0x01,
  add: 0x02,
  delete: 0x04,
  noop: 0x0a,
  version: 0x0b,
  getk: 0x0c,
  getkq: 0x0d,
  stat: 0x10,
  saslList: 0x20,
  saslAuth: 0x21,
} as const;

export const statuses = {
  ok: 0x00,
  notFound: 0x01,
  exists: 0x02,
  authenticationRequired: 0x20,
  outOfMemory: 0x82,
} as const;

/** First byte of every answer. */
export const responseMagic = 0x81;
export const headerBytes = 24;
const requestMagic = 0x80;

/** The 64-bit CAS of one state of one item, in two halves. 0 means none. */
export interface Cas {
  readonly casHigh: number;
  readonly casLow: number;
}

/** A request without extras and value. */
export function encodeRequest(opcode: number, opaque: number, key: string, cas?: Cas): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + key.length);
  writeHeader(frame, 0, opcode, key.length, 0, key.length, opaque, cas);
  frame.write(key, headerBytes, "latin1");
  return frame;
}

/** ADD or SET. The flags are 0: what an entry is stands in its first byte. */
export function encodeStore(
  opcode: typeof opcodes.add | typeof opcodes.set,
  opaque: number,
  key: string,
  bytes: Uint8Array,
  expirySeconds: number,
  cas?: Cas,
): Buffer {
  const extrasBytes = 8;
  const bodyBytes = extrasBytes + key.length + bytes.byteLength;
  const frame = Buffer.allocUnsafe(headerBytes + bodyBytes);
  writeHeader(frame, 0, opcode, key.length, extrasBytes, bodyBytes, opaque, cas);
  frame.writeUInt32BE(0, headerBytes);
  frame.writeUInt32BE(expirySeconds, headerBytes + 4);
  frame.write(key, headerBytes + extrasBytes, "latin1");
  frame.set(bytes, headerBytes + extrasBytes + key.length);
  return frame;
}

/** One quiet GETK for each key and a NOOP behind them, under one opaque: only hits are answered, and the NOOP ends the batch. */
export function encodeQuietGets(opaque: number, keys: readonly string[]): Buffer {
  let length = headerBytes;
  for (const key of keys) length += headerBytes + key.length;
  const frame = Buffer.allocUnsafe(length);
  let offset = 0;
  for (const key of keys) {
    writeHeader(frame, offset, opcodes.getkq, key.length, 0, key.length, opaque);
    frame.write(key, offset + headerBytes, "latin1");
    offset += headerBytes + key.length;
  }
  writeHeader(frame, offset, opcodes.noop, 0, 0, 0, opaque);
  return frame;
}

function writeHeader(
  frame: Buffer,
  offset: number,
  opcode: number,
  keyBytes: number,
  extrasBytes: number,
  bodyBytes: number,
  opaque: number,
  cas?: Cas,
): void {
  frame[offset] = requestMagic;
  frame[offset + 1] = opcode;
  frame.writeUInt16BE(keyBytes, offset + 2);
  frame[offset + 4] = extrasBytes;
  frame[offset + 5] = 0;
  frame.writeUInt16BE(0, offset + 6);
  frame.writeUInt32BE(bodyBytes, offset + 8);
  frame.writeUInt32BE(opaque, offset + 12);
  frame.writeUInt32BE(cas?.casHigh ?? 0, offset + 16);
  frame.writeUInt32BE(cas?.casLow ?? 0, offset + 20);
}
