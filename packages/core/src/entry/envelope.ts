import { crc32 } from "node:zlib";
import type { Version } from "../backend/persistence-backend.js";
import type { UnixMilliseconds } from "../time/clock.js";
import { entryKind } from "./entry-kind.js";
import type { FinalKey } from "./key-space.js";

/** What an entry of the kind value or absence says. */
export interface Envelope {
  /** The encoded value; `undefined` is known absence. */
  readonly text: string | undefined;
  /** Version of the row, where there is one. */
  readonly version: Version | undefined;
  /** From here on the entry is not served. No touch extends it. */
  readonly staleAtMs: UnixMilliseconds;
  /** End of the value itself. A touch moves it. `undefined`: never. */
  readonly expiresAtMs: UnixMilliseconds | undefined;
  /** End of the row in the database, which may lead `expiresAtMs`. `undefined`: never. */
  readonly rowExpiresAtMs: UnixMilliseconds | undefined;
}

/** Until when the cache has to keep `envelope`: as long as it can tell something, be it that the value has ended. */
export function keptUntilMs({ staleAtMs, expiresAtMs, rowExpiresAtMs }: Envelope): UnixMilliseconds {
  const never = Number.POSITIVE_INFINITY;
  return Math.min(staleAtMs, Math.max(expiresAtMs ?? never, rowExpiresAtMs ?? never));
}

/**
 * What may be served of `envelope`, or `undefined` for nothing. Between the end of a value that was touched and the end of its row, which leads, it
 * is a known absence: to ask the row then would bring the value back.
 */
export function servedAt(envelope: Envelope, nowMs: UnixMilliseconds): Envelope | undefined {
  if (nowMs >= keptUntilMs(envelope)) return undefined;
  const ended = envelope.expiresAtMs !== undefined && nowMs >= envelope.expiresAtMs;
  return ended ? { ...envelope, text: undefined, version: undefined } : envelope;
}

/**
 * Layout, numbers big-endian:
 * 0 kind · 1 format · 2 schema version (2) · 4 CRC-32 of the cache key, bytes 0-3 and bytes 8 to the end (4) · 8 staleAtMs (8) · 16 expiresAtMs (8, 0 never) ·
 * 24 rowExpiresAtMs (8, 0 never) · 32 length of the key (2, 0 unless hashed) · 34 length of the version (2) · 36 key · version · text
 */
const format = 1;
const headerBytes = 36;
const checksumAt = 4;
const bodyAt = 8;

export function encodeEnvelope(key: FinalKey, schemaVersion: number, envelope: Envelope): Uint8Array {
  const carriedKey = key.hashed ? key.key : "";
  const version = envelope.version ?? "";
  const text = envelope.text ?? "";
  const keyLength = Buffer.byteLength(carriedKey);
  const versionLength = Buffer.byteLength(version);
  const bytes = Buffer.allocUnsafe(headerBytes + keyLength + versionLength + Buffer.byteLength(text));
  bytes[0] = envelope.text === undefined ? entryKind.absence : entryKind.value;
  bytes[1] = format;
  bytes.writeUInt16BE(schemaVersion, 2);
  bytes.writeDoubleBE(envelope.staleAtMs, 8);
  bytes.writeDoubleBE(envelope.expiresAtMs ?? 0, 16);
  bytes.writeDoubleBE(envelope.rowExpiresAtMs ?? 0, 24);
  bytes.writeUInt16BE(keyLength, 32);
  bytes.writeUInt16BE(versionLength, 34);
  bytes.write(carriedKey, headerBytes);
  bytes.write(version, headerBytes + keyLength);
  bytes.write(text, headerBytes + keyLength + versionLength);
  bytes.writeUInt32BE(checksum(key, bytes), checksumAt);
  return bytes;
}

/**
 * Reads an entry of the kind value or absence. `undefined` means that it is odd, and counts as a miss: another format or schema
 * version, a wrong checksum (damaged, or the answer to another key), another full key where the key was hashed.
 */
export function decodeEnvelope(
  key: FinalKey,
  schemaVersion: number,
  entry: Uint8Array,
): Envelope | undefined {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (bytes.length < headerBytes || bytes[1] !== format || bytes.readUInt16BE(2) !== schemaVersion)
    return undefined;
  if (bytes.readUInt32BE(checksumAt) !== checksum(key, bytes)) return undefined;
  const versionAt = headerBytes + bytes.readUInt16BE(32);
  const textAt = versionAt + bytes.readUInt16BE(34);
  if (textAt > bytes.length) return undefined;
  if (key.hashed && bytes.toString("utf8", headerBytes, versionAt) !== key.key) return undefined;
  return {
    text: bytes[0] === entryKind.absence ? undefined : bytes.toString("utf8", textAt),
    version: textAt === versionAt ? undefined : bytes.toString("utf8", versionAt, textAt),
    staleAtMs: bytes.readDoubleBE(8),
    expiresAtMs: bytes.readDoubleBE(16) || undefined,
    rowExpiresAtMs: bytes.readDoubleBE(24) || undefined,
  };
}

function checksum(key: FinalKey, bytes: Buffer): number {
  return crc32(bytes.subarray(bodyAt), crc32(bytes.subarray(0, checksumAt), crc32(key.cacheKey)));
}
