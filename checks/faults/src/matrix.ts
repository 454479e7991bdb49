import type { Fault } from "./bout.js";
import { badCalls } from "./faults/bad-calls.js";
import { memoryFaults } from "./faults/memory-faults.js";
import { networkFaults } from "./faults/network-faults.js";
import { processFaults } from "./faults/process-faults.js";
import { replyCuts } from "./faults/reply-cuts.js";
import { wrongSpeakers } from "./faults/wrong-speakers.js";

/** Every fault that each transport has to stand. */
export const matrix: readonly Fault[] = [
  ...networkFaults,
  ...replyCuts,
  ...processFaults,
  ...memoryFaults,
  ...wrongSpeakers,
  ...badCalls,
];
