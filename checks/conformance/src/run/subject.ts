import type { Difference } from "./difference.js";

/** What is compared: sequences of one kind of operations, on servers of its own. Disposing of it stops them. */
export interface Subject<Step> extends AsyncDisposable {
  readonly name: string;
  /** How many sequences may run at the same time, each on a lane of its own. */
  readonly lanes: number;
  makeSteps(seed: number): readonly Step[];
  /** Runs the steps in both worlds, both fresh. */
  compare(steps: readonly Step[], seed: number, lane: number): Promise<Difference | undefined>;
}
