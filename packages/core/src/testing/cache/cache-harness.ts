import type { CacheBackend } from "../../backend/cache-backend.js";
import type { Milliseconds } from "../../time/clock.js";
import type { PassingTime } from "../passing-time.js";

/** What a cache adapter brings to its contract suite. Every claim made here is a claim tested. */
export interface CacheBackendHarness extends PassingTime {
  /** Names the adapter in the titles of the tests. */
  readonly name: string;

  /** Claim: the grain of the backend's expiry, as in `limits.ttlStepMs`. */
  readonly ttlStepMs: Milliseconds;

  /** Claim: the backend has the ability of a `ConnectedCacheBackend`. Default: `false`. */
  readonly connected?: boolean | undefined;

  /** A fresh client, with limits to which real values fit. The suite closes it. */
  open(): Promise<CacheBackend>;

  /**
   * Another client on the same data as `first`, as another process would have it. The suite closes it.
   * Absent: the cache is private to one client.
   */
  openSecond?(first: CacheBackend): Promise<CacheBackend>;

  /** A key that nobody has used: 1 to 100 bytes of printable ASCII without space. */
  freshKey(): string;
}

/** Long enough not to end during a test. */
export const longTtlMs = 60_000;
