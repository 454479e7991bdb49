import { type Clock, type Milliseconds, systemClock, type TieredStore } from "@aside/core";
import type { SessionRecord } from "./session-record.js";

/**
 * What sessions need of a store: any `TieredStore<SessionRecord>` with persistence has it. Stated as a structure, so that stores
 * of the ESM and the CJS copy of the core package do equally.
 */
export type SessionRecords = Pick<
  TieredStore<SessionRecord>,
  "getVersioned" | "set" | "update" | "delete" | "touch"
>;

/** How sessions are kept. Wrong options are refused by a `TypeError` at construction. */
export interface SessionOptions {
  /**
   * Where sessions are kept. A store that must never show a session again that was destroyed while the cache could not be reached
   * is made with `whenCacheUnreachable: "reject"`: its writes then fail instead.
   */
  readonly store: SessionRecords;

  /** How long a session without an end of its own lives after its last use: a browser session. Default: 86,400,000 (1 day). */
  readonly ttlMs?: Milliseconds | undefined;

  /**
   * How far the end of the row may lead that of the session, so that the database is not written for every request that merely prolongs
   * it; at most a tenth of what the session still has to live. A session that was prolonged never ends early, and may outlive its cookie
   * by up to this much. 0: it ends to the millisecond, and every request that uses it writes its row. Default: 300,000 (5 minutes).
   */
  readonly touchAfterMs?: Milliseconds | undefined;

  /**
   * Whether the database and the cache hold the SHA-256 of a session's id in place of the id, so that who reads them can take
   * over no session. Default: `true`.
   */
  readonly hashIds?: boolean | undefined;

  /** Default: the machine's. The store's own clock must agree with it. */
  readonly clock?: Clock | undefined;
}

/** {@link SessionOptions}, checked and complete. */
export interface ResolvedSessionOptions {
  readonly store: SessionRecords;
  readonly ttlMs: Milliseconds;
  readonly touchAfterMs: Milliseconds;
  readonly hashIds: boolean;
  readonly clock: Clock;
}

/** @throws {TypeError} for options that cannot be meant. */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const { store, ttlMs = 86_400_000, touchAfterMs = 300_000, hashIds = true, clock = systemClock } = options;
  if (typeof store?.getVersioned !== "function") {
    throw new TypeError(
      'store must be a TieredStore: new TieredStore<SessionRecord>({ name: "sessions", cache, persistence })',
    );
  }
  requireSpan("ttlMs", ttlMs, 1);
  requireSpan("touchAfterMs", touchAfterMs, 0);
  if (typeof hashIds !== "boolean") throw new TypeError("hashIds must be true or false");
  return Object.freeze({ store, ttlMs, touchAfterMs, hashIds, clock });
}

function requireSpan(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new TypeError(`${name} must be a whole number of milliseconds, at least ${least}`);
  }
}
