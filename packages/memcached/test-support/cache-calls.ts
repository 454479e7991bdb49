import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { CacheBackend, CasToken, ConnectedCacheBackend } from "@aside/core";

export const longTtlMs = 60_000;

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** What the cache holds, as text; `undefined`: nothing. */
export async function textAt(cache: CacheBackend, key: string): Promise<string | undefined> {
  const entry = (await cache.getMany([key])).get(key);
  return entry && Buffer.from(entry.bytes).toString();
}

export async function tokenAt(cache: CacheBackend, key: string): Promise<CasToken> {
  const token = (await cache.getMany([key])).get(key)?.token;
  assert.ok(token !== undefined, "nothing stands there");
  return token;
}

/** Connects, however often it takes, for 10 s at most. */
export async function connected(cache: ConnectedCacheBackend, partition: string): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await cache.connect(partition);
    } catch (error) {
      if (attempt === 1000) throw error;
      await wait(10);
    }
  }
}

/** Waits until `holds`, for 10 s at most. */
export async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; !holds(); attempt += 1) {
    assert.ok(attempt < 2000, "it did not come to that");
    await wait(5);
  }
}
