import type { Version } from "../backend/persistence-backend.js";
import type { EncodedValue } from "../entry/encoded-value.js";
import type { Milliseconds, UnixMilliseconds } from "../time/clock.js";

/** What a read found. */
export interface ReadResult {
  /** `undefined`: there is none. */
  readonly value: EncodedValue | undefined;
  readonly version: Version | undefined;
  readonly expiresAtMs: UnixMilliseconds | undefined;
  /** `stale`: a value that had ended, in place of one that could not be loaded. */
  readonly source: "near" | "cache" | "stale" | "database";
}

/** What a load found, and how long it may be cached. */
export interface Loaded extends ReadResult {
  readonly source: "database";
  /** 0: not at all. */
  readonly ttlMs: Milliseconds;
}

/** How a caller finds the value of a key that the cache does not hold, and how it wants it kept. All callers of a key mean the same value. */
export interface Load {
  /** Finds the value in the database or by a loader. */
  run(): Promise<Loaded>;
  /** How long after its end a value may be served while its source fails. 0: not at all. */
  readonly staleIfErrorMs: Milliseconds;
  /** How long a caller waits for the source while there is such a value. */
  readonly softTimeoutMs: Milliseconds | undefined;
  /** How long before its end the successor of a value is loaded. 0: not at all. */
  readonly refreshBeforeMs: Milliseconds;
}
