import { invalidKey, tooLarge } from "./memcached-errors.js";

/** Longest key memcached takes, in bytes. It drops the connection of a client that sends a longer one. */
export const maxKeyBytes = 250;

/** Grain of memcached's clock. */
export const ttlStepMs = 1000;

/** What a server takes unless it was started with `-I`. */
const defaultItemSizeBytes = 1024 * 1024;

/**
 * Kept free of `item_size_max`, which counts a whole item: header, CAS, key, flags, line end. Seen on 1.6.18: 59 bytes and the key, so
 * 309 with the longest one. The rest is for headers that grow.
 */
const itemOverheadBytes = 512;

/** Largest value that a server with this `item_size_max` takes under any key; `undefined`: not known, the default is assumed. */
export function maxValueBytesOf(itemSizeMaxBytes: number | undefined): number {
  return Math.max(0, (itemSizeMaxBytes ?? defaultItemSizeBytes) - itemOverheadBytes);
}

/**
 * Refuses a key that memcached would answer by dropping the connection, and with it the calls of everybody else.
 * @throws {AsideError} `INVALID_KEY`
 */
export function checkKey(key: string): void {
  if (typeof key !== "string" || key.length === 0)
    throw invalidKey(String(key), "is a string that is not empty");
  if (key.length > maxKeyBytes) throw invalidKey(key, `has at most ${maxKeyBytes} bytes`);
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) throw invalidKey(key, "is printable ASCII without space");
  }
}

/**
 * Refuses an entry that a server would not take: memcached answers an oversize store by removing what stands there, so it must not be sent.
 * @throws {AsideError} `INVALID_VALUE`
 */
export function checkSize(bytes: Uint8Array, node: SizedNode): void {
  if (bytes.byteLength <= node.maxValueBytes) return;
  node.refuseEntry();
  throw tooLarge(bytes.byteLength, node.maxValueBytes);
}

/** A server as far as sizes go. */
export interface SizedNode {
  readonly maxValueBytes: number;
  /** Counts a refusal. */
  refuseEntry(): void;
}
