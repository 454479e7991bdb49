import { type Found, shrink } from "./shrink.js";
import type { Subject } from "./subject.js";

/** A sequence in which something differs, shrunk. */
export interface Failure extends Found<unknown> {
  readonly seed: number;
}

export interface Result {
  readonly sequences: number;
  readonly steps: number;
  readonly failure: Failure | undefined;
}

/** Runs the sequences of `sequences` seeds, until something differs; shrinks that for so long at most. */
export async function runSequences<Step>(
  subject: Subject<Step>,
  firstSeed: number,
  sequences: number,
  shrinkWithinMs: number,
): Promise<Result> {
  let next = firstSeed;
  let done = 0;
  let steps = 0;
  let failed: { readonly seed: number; readonly lane: number; readonly found: Found<Step> } | undefined;
  const work = async (lane: number): Promise<void> => {
    while (next < firstSeed + sequences && failed === undefined) {
      const seed = next++;
      const made = subject.makeSteps(seed);
      const difference = await subject.compare(made, seed, lane);
      done += 1;
      steps += made.length;
      if (difference !== undefined) failed ??= { seed, lane, found: { steps: made, difference } };
    }
  };
  await Promise.all(Array.from({ length: subject.lanes }, (_, lane) => work(lane)));
  if (failed === undefined) return { sequences: done, steps, failure: undefined };
  const { seed, lane, found } = failed;
  const small = await shrink(found, (fewer) => subject.compare(fewer, seed, lane), shrinkWithinMs);
  return { sequences: done, steps, failure: { seed, ...small } };
}
