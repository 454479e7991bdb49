import type { Difference } from "./difference.js";

/** A sequence in which something differs. */
export interface Found<Step> {
  readonly steps: readonly Step[];
  readonly difference: Difference;
}

/** Leaves out steps as long as something differs, halves first, then single ones; for so long at most. */
export async function shrink<Step>(
  found: Found<Step>,
  compare: (steps: readonly Step[]) => Promise<Difference | undefined>,
  withinMs: number,
): Promise<Found<Step>> {
  const endsAtMs = performance.now() + withinMs;
  // What follows the difference had no part in it.
  let best: Found<Step> = { ...found, steps: found.steps.slice(0, found.difference.index + 1) };
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.steps.length && performance.now() < endsAtMs; ) {
      const steps = [...best.steps.slice(0, from), ...best.steps.slice(from + size)];
      const difference = await compare(steps);
      if (difference === undefined) from += size;
      else best = { steps: steps.slice(0, difference.index + 1), difference };
    }
  }
  return best;
}
