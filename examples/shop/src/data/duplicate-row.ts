/** Whether a statement failed because a row with that unique value is there already. */
export function isDuplicateRow(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === "ER_DUP_ENTRY" || code === "SQLITE_CONSTRAINT_UNIQUE";
}
