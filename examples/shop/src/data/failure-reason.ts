const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no host has this name",
  EAI_AGAIN: "the name of the host cannot be looked up",
  ETIMEDOUT: "it does not answer",
  ER_ACCESS_DENIED_ERROR: "user or password are wrong",
  ER_DBACCESS_DENIED_ERROR: "the user may not use it",
  ER_TABLEACCESS_DENIED_ERROR: "the user may not create or use its tables",
  ER_BAD_DB_ERROR: "the server has no database of this name",
  ER_CON_COUNT_ERROR: "the server takes no more connections",
  SQLITE_CANTOPEN: "the file cannot be opened",
  SQLITE_NOTADB: "the file is not an SQLite database",
  SQLITE_READONLY: "the file may not be written",
  SQLITE_BUSY: "another program has locked it",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system may not be written",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a part of the path is a file",
  ENOSPC: "the disk is full",
};

/**
 * Why something outside of the shop failed, in a few words, found by the error's code: messages of drivers hold values of statements.
 * @returns `undefined` for an error without a code.
 */
export function failureReason(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== "string") return undefined;
  return reasons[code] ?? (/^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : undefined);
}
