import type { UnixMilliseconds } from "@aside/core";

/** The part of a session's cookie that tells its end: of express-session's `Cookie`, or plain after a trip through JSON. */
export interface CookieLike {
  readonly expires?: unknown;
  readonly toJSON?: unknown;
}

/** The instant at which the cookie ends. `undefined` for a browser session, and for dates that are none. */
export function cookieEndMs(cookie: unknown): UnixMilliseconds | undefined {
  const expires = (cookie as CookieLike | undefined)?.expires;
  if (!isDate(expires) && typeof expires !== "string") return undefined;
  const endMs = new Date(expires).getTime();
  return Number.isNaN(endMs) ? undefined : endMs;
}

/**
 * The session as it is stored: without the moment at which its cookie ends, which every request moves and which the row
 * tells. `expires` is then missing, or `null` for a browser session.
 */
export function withoutEnd(session: object): object {
  const fields = jsonObject(session);
  const { cookie } = fields as { readonly cookie?: unknown };
  if (typeof cookie !== "object" || cookie === null) return fields;
  const { expires: _, ...rest } = jsonObject(cookie) as CookieLike;
  return { ...fields, cookie: cookieEndMs(cookie) === undefined ? { ...rest, expires: null } : rest };
}

/** Puts the end of the row back where {@link withoutEnd} took it out. */
export function restoreEnd(
  session: Record<string, unknown>,
  expiresAtMs: UnixMilliseconds | undefined,
): void {
  const { cookie } = session as { cookie?: Record<string, unknown> };
  if (typeof cookie !== "object" || cookie === null || "expires" in cookie) return;
  cookie["expires"] = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
}

function jsonObject(value: object): object {
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? (toJSON.call(value) as object) : value;
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]";
}
