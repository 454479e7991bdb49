import { AsideError, type AsideErrorCode, type AsideErrorDetails, isAsideError } from "@aside/core";
import { type Failure, PoolDestroyed } from "./failure.js";

/**
 * What is known of an error of the driver without its message, which holds bound values: Knex writes the whole statement into it.
 */
export class DriverError extends Error {
  override readonly name = "DriverError";
  /** The driver's own name of the error: `ER_DUP_ENTRY`, `SQLITE_BUSY`, `ECONNRESET`. */
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;

  constructor(original: unknown) {
    const { code, errno, sqlState, severity } = (
      typeof original === "object" && original !== null ? original : {}
    ) as Record<string, unknown>;
    // What pg reports for its server has the SQLSTATE for its code.
    const state = typeof severity === "string" ? code : sqlState;
    const known = {
      code:
        typeof code === "string" && code !== state && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined,
      errno: typeof errno === "number" ? errno : undefined,
      sqlState: typeof state === "string" && /^[0-9A-Z]{5}$/.test(state) ? state : undefined,
    };
    const parts = [
      known.code,
      known.errno === undefined ? undefined : `errno ${known.errno}`,
      known.sqlState === undefined ? undefined : `SQLSTATE ${known.sqlState}`,
    ].filter((part) => part !== undefined);
    super(parts.length === 0 ? "an error without a code" : parts.join(", "));
    this.code = known.code;
    this.errno = known.errno;
    this.sqlState = known.sqlState;
  }
}

const codes: Readonly<Record<Failure["kind"], AsideErrorCode>> = {
  unavailable: "DATABASE_UNAVAILABLE",
  timeout: "DATABASE_TIMEOUT",
  conflict: "TRANSACTION_CONFLICT",
  "missing-table": "DATABASE_FAILED",
  aborted: "DATABASE_FAILED",
  failed: "DATABASE_FAILED",
};

const messages: Readonly<Record<Failure["kind"], string>> = {
  unavailable: "The database could not be reached, or the connection to it broke.",
  timeout: "The database gave no answer in time, or no connection of the pool came free.",
  conflict: "The transaction was in conflict with another one: a deadlock, or a lock that stayed taken.",
  "missing-table": "A table of Aside is missing: call ensureSchema() once before the first use.",
  aborted:
    "An earlier statement of the transaction failed, and PostgreSQL takes no other until it is rolled back (to a savepoint, where there is one).",
  failed: "The database refused the statement.",
};

/** Translates an error of the driver, once, at the edge. What is an `AsideError` already stays as it is. */
export function toAsideError(
  failure: Failure,
  original: unknown,
  details: Pick<AsideErrorDetails, "committed"> = {},
): AsideError {
  if (isAsideError(original)) return original;
  if (original instanceof PoolDestroyed) {
    return new AsideError("CLOSED", "The Knex instance of this database was destroyed.", details);
  }
  return new AsideError(codes[failure.kind], messages[failure.kind], {
    ...details,
    cause: new DriverError(original),
  });
}
