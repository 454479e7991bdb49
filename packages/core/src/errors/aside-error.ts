import type { AsideErrorCode } from "./aside-error-code.js";

/** Marks the errors of every installed copy of the package, ESM and CJS alike, where `instanceof` would not. */
const brand: unique symbol = Symbol.for("@aside/core/AsideError");

/** What an {@link AsideError} carries besides its code and message. */
export interface AsideErrorDetails {
  /** The original error. Adapters pass none that holds bound values or keys of other callers. */
  readonly cause?: unknown;
  /** Name of the store that the failed call was made on. */
  readonly store?: string | undefined;
  /** The key the caller passed, for the caller's own use. It is not part of `message`. */
  readonly key?: string | undefined;
  /** Whether the data was committed when the call failed. Absent where nothing was to be committed. */
  readonly committed?: boolean | "unknown" | undefined;
}

/** The one error class of Aside. Programmer mistakes seen at construction are `TypeError`s instead. */
export class AsideError extends Error {
  readonly code: AsideErrorCode;
  readonly store: string | undefined;
  readonly key: string | undefined;
  readonly committed: boolean | "unknown" | undefined;

  constructor(code: AsideErrorCode, message: string, details: AsideErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AsideError";
    this.code = code;
    this.store = details.store;
    this.key = details.key;
    this.committed = details.committed;
    Object.defineProperty(this, brand, { value: true });
    // A log line that prints an error prints its enumerable fields: the key is the caller's, not the log's.
    Object.defineProperty(this, "key", { enumerable: false });
  }
}

/**
 * Tells whether `error` is an {@link AsideError}, of this copy of the package or another one.
 * @param code - asks for that one code as well.
 */
export function isAsideError(error: unknown, code?: AsideErrorCode): error is AsideError {
  if (!(error instanceof Error) || !(brand in error)) return false;
  return code === undefined || (error as Partial<AsideError>).code === code;
}
