import type { History } from "../history/history.js";
import type { Seen } from "../history/history-event.js";
import type { Bounds } from "./bounds.js";
import { checkReads } from "./check-reads.js";
import { checkWrites } from "./check-writes.js";
import { CommitOrder } from "./commit-order.js";
import { type Exclusion, explainStaleRead } from "./explain-stale-read.js";
import type { Register } from "./register.js";
import type { StaleRead, Violation } from "./violation.js";

export interface ExplainedRead {
  readonly violation: StaleRead;
  /** One for each write that the read missed. */
  readonly exclusions: readonly Exclusion[];
}

/** What a run came to. */
export interface Verdict {
  /** What nothing explains: the run has failed. */
  readonly unexplained: readonly Violation[];
  readonly explained: readonly ExplainedRead[];
}

export interface Evidence {
  readonly registers: readonly Register[];
  readonly history: History;
  /** What the database holds at the end, by register. */
  readonly rows: ReadonlyMap<string, Seen>;
  readonly bounds: Bounds;
}

/** Checks the whole history of a run. */
export function judgeRun({ registers, history, rows, bounds }: Evidence): Verdict {
  const unexplained: Violation[] = [];
  const explained: ExplainedRead[] = [];
  for (const register of registers) {
    const order = new CommitOrder(register.id, history);
    const violations = checkReads(register, history, order);
    const row = rows.get(register.id);
    if (row !== undefined) unexplained.push(...checkWrites(register, history, order, row));
    for (const violation of violations) {
      const exclusions =
        violation.kind === "stale-read"
          ? explainStaleRead(violation, { register, history, order, bounds })
          : undefined;
      if (violation.kind === "stale-read" && exclusions !== undefined)
        explained.push({ violation, exclusions });
      else unexplained.push(violation);
    }
  }
  return { unexplained, explained };
}
