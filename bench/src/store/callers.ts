export const callerCounts = [1, 16, 64] as const;

export function callersOf(callers: number): string {
  return callers === 1 ? "1 caller" : `${callers} callers`;
}
