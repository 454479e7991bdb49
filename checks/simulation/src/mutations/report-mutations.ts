import { runCampaign } from "../campaign/campaign.js";
import type { Command } from "../command-line.js";
import { withMutated } from "./core-copy.js";
import { mutations } from "./mutations.js";

/** Breaks the library in one way after the other; resolves with whether each was found within the schedules of a normal run. */
export async function reportMutations({ workers, from, schedules, only }: Command): Promise<boolean> {
  let missed = 0;
  for (const mutation of mutations) {
    if (only !== undefined && !mutation.name.includes(only)) continue;
    const result = await withMutated(mutation, (core) =>
      runCampaign({
        core,
        workers,
        firstSeed: from,
        schedules,
        forMs: Number.POSITIVE_INFINITY,
        stopAtFailure: true,
      }),
    );
    const [first] = result.failures;
    const seconds = (result.tookMs / 1_000).toFixed(1);
    if (first === undefined) missed += 1;
    const verdict =
      first === undefined
        ? `NOT FOUND in ${result.schedules} schedules, ${seconds} s`
        : `found by seed ${first.seed}, ${seconds} s: ${first.violation}`;
    console.log(`${mutation.name}\n    ${verdict}`);
  }
  console.log(missed === 0 ? "PASSED: every mutation was found" : `FAILED: ${missed} not found`);
  return missed === 0;
}
