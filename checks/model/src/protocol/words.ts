import type { Writes } from "./state.js";

/** A set of writes for people, who count from 1. */
export function inWords(writes: Writes): string {
  if (writes === 0) return "the initial value";
  const numbers: number[] = [];
  for (let i = 0; 1 << i <= writes; i += 1) if (writes & (1 << i)) numbers.push(i + 1);
  return numbers.length === 1 ? `the write of ${numbers[0]}` : `the writes of ${numbers.join(" and ")}`;
}
