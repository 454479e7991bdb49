import { randomBytes } from "node:crypto";
import type { CacheEntry, CasToken } from "../backend/cache-backend.js";
import { entryKind, kindOf } from "../entry/entry-kind.js";
import type { Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";

/** A generation whose seed has to be made anew. */
export interface MissingSeed {
  readonly seedKey: string;
  /** Of the odd entry that stands there; `undefined` for nothing. */
  readonly token: CasToken | undefined;
}

/** What one multi-get says of the generations that a load belongs to. */
export type Seeds =
  | { readonly state: "current"; readonly bytes: Uint8Array }
  | { readonly state: "missing"; readonly missing: readonly MissingSeed[] }
  /** One of them is being invalidated. */
  | { readonly state: "held" };

/** An entry of the kind value, of a format that no envelope has, and the random number. */
const seedFormat = 0;
const headerBytes = 2;
const randomLength = 8;

/** The longest that memcached keeps an entry. When a seed is lost, all entries of its generation are misses: never wrong. */
const seedTtlMs = 30 * 24 * 3_600_000;

/** The seeds of a load that belongs to no generation. */
export const noSeeds: Seeds = { state: "current", bytes: new Uint8Array(0) };

/**
 * Reads the seeds at `seedKeys` from a multi-get. Seeds are random numbers, never counts: one that was lost and made anew differs from all
 * before it, so no entry of an older generation comes back to life.
 */
export function seedsIn(entries: ReadonlyMap<string, CacheEntry>, seedKeys: readonly string[]): Seeds {
  if (seedKeys.length === 0) return noSeeds;
  const missing: MissingSeed[] = [];
  const bytes = new Uint8Array(seedKeys.length * randomLength);
  for (const [index, seedKey] of seedKeys.entries()) {
    const entry = entries.get(seedKey);
    const kind = entry && kindOf(entry.bytes);
    if (kind === "hold" || kind === "unknown") return { state: "held" };
    if (entry !== undefined && isSeed(entry.bytes))
      bytes.set(entry.bytes.subarray(headerBytes), index * randomLength);
    else missing.push({ seedKey, token: entry?.token });
  }
  return missing.length > 0 ? { state: "missing", missing } : { state: "current", bytes };
}

/**
 * Makes the missing seeds, but for those for which somebody was faster: look again. A seed counts only when it was seen, or its making confirmed: one
 * that arrives late would otherwise bring back the entries that were filled with it.
 * @throws {AsideError} when the cache did not answer.
 */
export async function makeSeeds(
  missing: readonly MissingSeed[],
  cache: BoundedCache,
  timeoutMs: Milliseconds,
): Promise<void> {
  await Promise.all(
    missing.map(({ seedKey, token }) => {
      const bytes = newSeed();
      return token === undefined
        ? cache.add(seedKey, bytes, seedTtlMs, timeoutMs)
        : cache.compareAndSet(seedKey, bytes, seedTtlMs, token, timeoutMs);
    }),
  );
}

function isSeed(bytes: Uint8Array): boolean {
  return (
    bytes.length === headerBytes + randomLength && bytes[0] === entryKind.value && bytes[1] === seedFormat
  );
}

function newSeed(): Uint8Array {
  return Buffer.concat([Uint8Array.of(entryKind.value, seedFormat), randomBytes(randomLength)]);
}
