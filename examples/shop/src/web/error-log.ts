import { isAsideError } from "@aside/core";

/**
 * One error as the shop's log has it. Only Aside's own errors and plain programming errors keep their message: drivers put bound values, so
 * addresses and names of customers, into theirs.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const code = (error as { code?: unknown }).code;
  const kept = isAsideError(error) || error instanceof TypeError || error instanceof RangeError;
  const head = `${error.name}${typeof code === "string" ? ` ${code}` : ""}${kept ? `: ${error.message}` : ""}`;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [head, ...frames.slice(0, 8)].join("\n");
}
