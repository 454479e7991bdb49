import { isAsideError } from "@aside/core";

/** Codes of the driver and of sockets that mean: nobody answered. */
const codes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "PROTOCOL_CONNECTION_LOST",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
]);

/** Whether something failed because the database cannot be reached just now: told by Aside, or by the shop's own SQL. */
export function isDatabaseAway(error: unknown): boolean {
  if (isAsideError(error, "DATABASE_UNAVAILABLE") || isAsideError(error, "DATABASE_TIMEOUT")) return true;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return codes.has(code) || name === "KnexTimeoutError";
}
