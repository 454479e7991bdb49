import type { Read, Write } from "../history/history.js";
import type { RegisterId } from "../history/history-event.js";

/** Why a read had to return at least a certain state. */
export type Bound =
  | { readonly kind: "acknowledged"; readonly state: number; readonly write: Write }
  | { readonly kind: "read"; readonly state: number; readonly read: Read };

/** A read returned a state older than its bound. */
export interface StaleRead {
  readonly kind: "stale-read";
  readonly register: RegisterId;
  readonly read: Read;
  readonly seen: number;
  readonly bound: Bound;
}

/** Anything else. None of these is ever excused. */
export interface Defect {
  readonly kind: "defect";
  readonly register: RegisterId | undefined;
  readonly what: string;
}

export type Violation = StaleRead | Defect;
