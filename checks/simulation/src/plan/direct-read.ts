import type { Action } from "./plan.js";
import type { Random } from "./random.js";

/** A read in a transaction goes past the cache, and sees at once what the cache may still hide: some are turned into such. */
export function sometimesDirect(random: Random, read: Action): Action {
  return random.chance(0.25) ? { kind: "transaction", parts: [read], fails: false } : read;
}
