import { AcquireTimeout, type Failure, failure, PoolDestroyed } from "../failure.js";

/** What a rejected statement, opening or acquisition means. better-sqlite3 names SQLite's result codes in `code`. */
export function classifySqliteError(error: unknown): Failure {
  if (error instanceof AcquireTimeout) return failure("timeout");
  if (error instanceof PoolDestroyed) return failure("unavailable");
  if (!(typeof error === "object" && error !== null)) return failure("failed");
  const { name, code, message } = error as Readonly<Record<"name" | "code" | "message", unknown>>;
  if (name === "KnexTimeoutError") return failure("timeout");
  if (isBusy(error)) return failure("conflict");
  if (typeof code === "string" && /^SQLITE_(CANTOPEN|NOTADB|IOERR|PERM)/.test(code))
    return failure("unavailable");
  // Thrown without a code; the texts hold no value (better-sqlite3, `lib/database.js`).
  if (typeof message === "string") {
    if (code === "SQLITE_ERROR" && /no such table/.test(message)) return failure("missing-table");
    if (/connection is not open/.test(message)) return failure("unavailable", "connection");
    if (/^Cannot open database/.test(message)) return failure("unavailable");
  }
  return failure("failed");
}

/** Another connection has what was needed, for now. Nothing was done. */
export function isBusy(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

/** The disk failed while something was written: nobody knows how much of it got there. */
export function isDiskFailure(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("SQLITE_IOERR");
}
