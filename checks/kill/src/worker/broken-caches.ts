import { setTimeout as sleep } from "node:timers/promises";
import type { CacheCallOptions, CasToken, ConnectedCacheBackend, Milliseconds } from "@aside/core";
import type { Breakage } from "./messages.js";
import { PassThroughCache } from "./pass-through-cache.js";

/** Switches a guard of the protocol off without touching core. */
export function breakCache(
  cache: ConnectedCacheBackend,
  breakage: Breakage | undefined,
): ConnectedCacheBackend {
  switch (breakage) {
    case "holds":
      return new HoldlessCache(cache);
    case "tokens":
      return new TokenlessCache(cache);
    case undefined:
      return cache;
  }
}

/**
 * Both variants dawdle for up to this long where the missing guard is needed. The guarantee assumes nothing about time, so a sound protocol
 * would bear it; without the guard it makes sure that a short run on a busy machine meets the race.
 */
const longestDelayMs = 40;

/** Claims to have placed holds, and places none: what is left of a write is "commit, then delete". */
export class HoldlessCache extends PassThroughCache {
  readonly #claimed = new WeakSet<CasToken>();

  /** Core uses `set` for holds alone. */
  override async set(
    key: string,
    _bytes: Uint8Array,
    _ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#claim(await this.inner.connect(this.inner.partitionOf(key), options));
  }

  override async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    if (this.#claimed.has(token)) return this.#claim(token.connection);
    return super.compareAndSet(key, bytes, ttlMs, token, options);
  }

  override async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    if (!this.#claimed.has(token)) return super.delete(key, token, options);
    await dawdle();
    return false; // another entry stands there: the release looks at it, and deletes it
  }

  #claim(connection: number): CasToken {
    const token: CasToken = { connection };
    this.#claimed.add(token);
    return token;
  }
}

/** Stores without looking at the token: a lease that a write has voided still lets its reader fill. */
export class TokenlessCache extends PassThroughCache {
  override async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    _token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    await dawdle();
    return this.inner.set(key, bytes, ttlMs, options);
  }
}

function dawdle(): Promise<void> {
  return sleep(Math.random() * longestDelayMs);
}
