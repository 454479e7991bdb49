import type { Goal } from "./goal.js";
import type { Subject } from "./subject.js";

/** The same work for several contenders. */
export interface Case {
  readonly name: string;
  /** How many operations are under way at a time. */
  readonly callers: number;
  /** The first is the rival: the others are compared to it. */
  readonly subjects: readonly Subject[];
  /** Default: none. */
  readonly goals?: readonly Goal[];
  /** Measures single operations too. Default: `false`. */
  readonly latency?: boolean;
}
