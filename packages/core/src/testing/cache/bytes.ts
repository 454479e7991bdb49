import assert from "node:assert/strict";
import type { CacheBackend, CacheEntry, CasToken } from "../../backend/cache-backend.js";

/** UTF-8 bytes of `text`, in a buffer of their own. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf8"));
}

/** What the cache holds for `key`. */
export async function lookUp(cache: CacheBackend, key: string): Promise<CacheEntry | undefined> {
  return (await cache.getMany([key])).get(key);
}

/** Asserts that the cache holds exactly these bytes; `undefined`: nothing. */
export async function expectBytes(
  cache: CacheBackend,
  key: string,
  expected: Uint8Array | undefined,
): Promise<void> {
  const entry = await lookUp(cache, key);
  if (expected === undefined) assert.ok(entry === undefined, "expected a miss");
  else assertSameBytes(entry?.bytes, expected);
}

export function assertSameBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert.ok(actual !== undefined, "expected an entry, found nothing");
  assert.ok(ArrayBuffer.isView(actual), "expected bytes");
  assert.equal(actual.byteLength, expected.byteLength, "length of the bytes");
  assert.ok(Buffer.compare(actual, expected) === 0, "the bytes differ");
}

/** The token of a store that must have been done. */
export function won(token: CasToken | undefined): CasToken {
  assert.ok(token !== undefined, "expected the store to be done");
  return token;
}
