import { AsideError, type AsideErrorDetails } from "./aside-error.js";

/** What a {@link ConflictError} carries. */
export interface ConflictDetails extends AsideErrorDetails {
  /** The version that the write was to replace; `null`: none. */
  readonly expectedVersion: string | null;
  /** The version that stands; `undefined`: there is no row. */
  readonly actualVersion: string | undefined;
}

/** `CONFLICT`: another version stands than the one that a write was to replace. Nothing was written. */
export class ConflictError extends AsideError {
  readonly expectedVersion: string | null;
  readonly actualVersion: string | undefined;

  constructor(message: string, details: ConflictDetails) {
    super("CONFLICT", message, details);
    this.expectedVersion = details.expectedVersion;
    this.actualVersion = details.actualVersion;
  }
}
