import type { CacheBackend } from "../../backend/cache-backend.js";
import type { Milliseconds } from "../../time/clock.js";
import type { FragileServer } from "../fragile-server.js";
import type { PassingTime } from "../passing-time.js";

/** What a cache adapter brings to its contract suite. Every claim made here is a claim tested. */
export interface CacheBackendHarness extends PassingTime {
  /** Names the adapter in the titles of the tests. */
  readonly name: string;

  /** Claim: the grain of the backend's expiry, as in `limits.ttlStepMs`. */
  readonly ttlStepMs: Milliseconds;

  /** Claim: the backend has the ability of a `ConnectedCacheBackend`. Default: `false`. */
  readonly connected?: boolean | undefined;

  /** Claim: the backend has the ability of a `LeasingCacheBackend`. Default: `false`. */
  readonly leasing?: boolean | undefined;

  /** A fresh client, with limits to which real values fit. The suite closes it. */
  open(): Promise<CacheBackend>;

  /**
   * Another client on the same data as `first`, as another process would have it. The suite closes it.
   * Absent: the cache is private to one client.
   */
  openSecond?(first: CacheBackend): Promise<CacheBackend>;

  /**
   * A fresh client with a server of its own, for the tests of its faults. The suite disposes of it.
   * Absent: no server stands behind the cache, or none that a test can break.
   */
  openFragile?(): Promise<FragileCache>;

  /** A key that nobody has used: 1 to 100 bytes of printable ASCII without space. */
  freshKey(): string;
}

/** A cache and the server behind it. Disposing of it closes the one and ends the other. */
export interface FragileCache extends FragileServer, AsyncDisposable {
  readonly cache: CacheBackend;
  /** A key of this server that nobody has used. */
  freshKey(): string;
  /** Such a key of another server of the cache, which nobody breaks. Absent: there is one server. */
  freshKeyElsewhere?(): string;
}

/** Long enough not to end during a test. */
export const longTtlMs = 60_000;
