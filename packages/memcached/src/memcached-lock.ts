import { randomBytes } from "node:crypto";
import {
  type AcquireOptions,
  type CacheBackend,
  type Clock,
  type Lock,
  type LockProvider,
  type Milliseconds,
  systemClock,
} from "@aside/core";
import { HeldLock } from "./held-lock.js";
import { LockEntry } from "./lock-entry.js";
import { lockKey } from "./lock-key.js";
import { pause } from "./pause.js";

/** How a {@link MemcachedLock} is put together. */
export interface MemcachedLockOptions {
  /** Deadline of each request to the cache. Default: 250. */
  readonly timeoutMs?: Milliseconds | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** Pauses between two attempts at a lock that is taken. Each is jittered down to half of it. */
const shortestPauseMs = 5;
const longestPauseMs = 100;

/**
 * Locks on memcached, over a cache of this package: one entry with a random token for each lock, placed by `add`, renewed and removed
 * by compare-and-set, so that nobody touches the lock of a later holder.
 *
 * **It cannot fence**, and its locks carry no fencing token: memcached may evict a lock in seconds when it is full, and forgets all with a restart or a
 * `flush_all`; then two hold the same lock. Use it to save work (one of many processes sweeps, or loads), never to keep data right. A holder is told by the
 * lock's `signal`: at the end of the ttl, counted from before the request, and within a third of the ttl when the entry is found
 * gone. A store refuses a write that asks for the fencing token of such a lock, with `UNSUPPORTED`.
 *
 * Waiting is polling with jitter: who waits longest has no claim to be next. The cache is left open.
 */
export class MemcachedLock implements LockProvider {
  readonly fencing = false;
  readonly #cache: CacheBackend;
  readonly #clock: Clock;
  readonly #timeoutMs: Milliseconds;

  /** @throws {TypeError} for wrong options. */
  constructor(cache: CacheBackend, options: MemcachedLockOptions = {}) {
    const { timeoutMs = 250, clock = systemClock } = options;
    if (!Number.isFinite(timeoutMs) || timeoutMs <= 0)
      throw new TypeError("timeoutMs: a number of milliseconds above 0.");
    this.#cache = cache;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  async acquire(name: string, { ttlMs, waitMs, signal }: AcquireOptions): Promise<Lock | undefined> {
    if (!(ttlMs >= 1)) throw new TypeError("ttlMs must be at least 1");
    if (!(waitMs >= 0)) throw new TypeError("waitMs must be at least 0");
    signal?.throwIfAborted();
    const endsAtMs = this.#clock.monotonicMs() + waitMs;
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const lock = await this.#attempt(name, ttlMs);
      if (signal?.aborted) await lock?.release();
      signal?.throwIfAborted();
      const leftMs = endsAtMs - this.#clock.monotonicMs();
      if (lock !== undefined || leftMs <= 0) return lock;
      await pause(this.#clock, Math.min(pauseMs * (0.5 + Math.random() / 2), leftMs), signal);
      signal?.throwIfAborted();
    }
  }

  async #attempt(name: string, ttlMs: Milliseconds): Promise<HeldLock | undefined> {
    const sentAtMs = this.#clock.monotonicMs();
    const entry = new LockEntry(this.#cache, lockKey(name), randomBytes(16), this.#timeoutMs);
    return (await entry.place(ttlMs)) ? new HeldLock(name, entry, ttlMs, sentAtMs, this.#clock) : undefined;
  }
}
