import { crc32 } from "node:zlib";
import type { Version } from "../backend/persistence-backend.js";
import type { UnixMilliseconds } from "../time/clock.js";
import { type Deflated, inflated } from "./compression.js";
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
  /** Until here a stale value may still be served while its source fails. `undefined`: not at all. */
  readonly graceUntilMs: UnixMilliseconds | undefined;
  /** Until here somebody is loading the successor of the value, which is still served. `undefined`: nobody is. */
  readonly refreshingUntilMs: UnixMilliseconds | undefined;
}

/** Which entries are a caller's own: all others are odd, and count as misses. */
export interface EntryIdentity {
  readonly key: FinalKey;
  /** Version of the shape of the values. */
  readonly schemaVersion: number;
  /** The seeds of all generations that the entry belongs to, one after the other. */
  readonly seeds: Uint8Array;
}

const never = Number.POSITIVE_INFINITY;

/** Until when the cache has to keep `envelope`: as long as it can tell something, be it that the value has ended. */
export function keptUntilMs(envelope: Envelope): UnixMilliseconds {
  const { graceUntilMs, expiresAtMs } = envelope;
  const servedUntil = servedUntilMs(envelope);
  return graceUntilMs === undefined
    ? servedUntil
    : Math.max(servedUntil, Math.min(graceUntilMs, expiresAtMs ?? never));
}

function servedUntilMs({ staleAtMs, expiresAtMs, rowExpiresAtMs }: Envelope): UnixMilliseconds {
  return Math.min(staleAtMs, Math.max(expiresAtMs ?? never, rowExpiresAtMs ?? never));
}

/**
 * What may be served of `envelope`, or `undefined` for nothing. Between the end of a value that was touched and the end of its row, which leads, it
 * is a known absence: to ask the row then would bring the value back.
 */
export function servedAt(envelope: Envelope, nowMs: UnixMilliseconds): Envelope | undefined {
  if (nowMs >= servedUntilMs(envelope)) return undefined;
  const ended = envelope.expiresAtMs !== undefined && nowMs >= envelope.expiresAtMs;
  return ended ? { ...envelope, text: undefined, version: undefined } : envelope;
}

/** Whether `envelope` is a value that may stand in for one that cannot be loaded. */
export function graceAt(envelope: Envelope, nowMs: UnixMilliseconds): boolean {
  const { text, graceUntilMs, expiresAtMs } = envelope;
  return text !== undefined && nowMs < (graceUntilMs ?? 0) && nowMs < (expiresAtMs ?? never);
}

/**
 * Layout, numbers big-endian, instants 0 for `undefined`:
 * 0 kind · 1 format · 2 schema version (2) · 4 CRC-32 of the cache key, bytes 0-3 and bytes 8 to the end (4) · 8 staleAtMs (8) · 16 expiresAtMs (8) ·
 * 24 rowExpiresAtMs (8) · 32 graceUntilMs (8) · 40 refreshingUntilMs (8) · 48 length of the text where it is compressed, else 0 (4) ·
 * 52 length of the key (2, 0 unless hashed) · 54 length of the version (2) · 56 length of the seeds (2) · 58 key · version · seeds · text
 */
const format = 2;
const headerBytes = 58;
const checksumAt = 4;
const bodyAt = 8;

/** @param compressed - the text of `envelope`, where it is to be stored so. */
export function encodeEnvelope(
  identity: EntryIdentity,
  envelope: Envelope,
  compressed?: Deflated,
): Uint8Array {
  const { key, schemaVersion, seeds } = identity;
  const carriedKey = key.hashed ? key.key : "";
  const version = envelope.version ?? "";
  const text = envelope.text ?? "";
  const versionAt = headerBytes + Buffer.byteLength(carriedKey);
  const seedsAt = versionAt + Buffer.byteLength(version);
  const textAt = seedsAt + seeds.length;
  const bytes = Buffer.allocUnsafe(textAt + (compressed?.bytes.length ?? Buffer.byteLength(text)));
  bytes[0] = envelope.text === undefined ? entryKind.absence : entryKind.value;
  bytes[1] = format;
  bytes.writeUInt16BE(schemaVersion, 2);
  bytes.writeDoubleBE(envelope.staleAtMs, 8);
  bytes.writeDoubleBE(envelope.expiresAtMs ?? 0, 16);
  bytes.writeDoubleBE(envelope.rowExpiresAtMs ?? 0, 24);
  bytes.writeDoubleBE(envelope.graceUntilMs ?? 0, 32);
  bytes.writeDoubleBE(envelope.refreshingUntilMs ?? 0, 40);
  bytes.writeUInt32BE(compressed?.plainLength ?? 0, 48);
  bytes.writeUInt16BE(versionAt - headerBytes, 52);
  bytes.writeUInt16BE(seedsAt - versionAt, 54);
  bytes.writeUInt16BE(seeds.length, 56);
  bytes.write(carriedKey, headerBytes);
  bytes.write(version, versionAt);
  bytes.set(seeds, seedsAt);
  if (compressed === undefined) bytes.write(text, textAt);
  else bytes.set(compressed.bytes, textAt);
  bytes.writeUInt32BE(checksum(key, bytes), checksumAt);
  return bytes;
}

/**
 * Reads an entry of the kind value or absence. `undefined` means that it is odd, and counts as a miss: another format or schema
 * version, a wrong checksum (damaged, or the answer to another key), other seeds, another full key where the key was hashed.
 */
export function decodeEnvelope(identity: EntryIdentity, entry: Uint8Array): Envelope | undefined {
  const { key, schemaVersion, seeds } = identity;
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (bytes.length < headerBytes || bytes[1] !== format || bytes.readUInt16BE(2) !== schemaVersion)
    return undefined;
  if (bytes.readUInt32BE(checksumAt) !== checksum(key, bytes)) return undefined;
  const versionAt = headerBytes + bytes.readUInt16BE(52);
  const seedsAt = versionAt + bytes.readUInt16BE(54);
  const textAt = seedsAt + bytes.readUInt16BE(56);
  if (textAt > bytes.length) return undefined;
  if (key.hashed && bytes.toString("utf8", headerBytes, versionAt) !== key.key) return undefined;
  if (bytes.compare(seeds, 0, seeds.length, seedsAt, textAt) !== 0) return undefined;
  const absent = bytes[0] === entryKind.absence;
  const text = absent ? undefined : textOf(bytes.subarray(textAt), bytes.readUInt32BE(48));
  if (text === undefined && !absent) return undefined;
  return {
    text,
    version: seedsAt === versionAt ? undefined : bytes.toString("utf8", versionAt, seedsAt),
    staleAtMs: bytes.readDoubleBE(8),
    expiresAtMs: bytes.readDoubleBE(16) || undefined,
    rowExpiresAtMs: bytes.readDoubleBE(24) || undefined,
    graceUntilMs: bytes.readDoubleBE(32) || undefined,
    refreshingUntilMs: bytes.readDoubleBE(40) || undefined,
  };
}

function textOf(bytes: Buffer, plainLength: number): string | undefined {
  return plainLength === 0 ? bytes.toString("utf8") : inflated({ bytes, plainLength });
}

function checksum(key: FinalKey, bytes: Buffer): number {
  return crc32(bytes.subarray(bodyAt), crc32(bytes.subarray(0, checksumAt), crc32(key.cacheKey)));
}
