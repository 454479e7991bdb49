import type { Milliseconds } from "@aside/core";
import type { ConnectionPool } from "./connection-pool.js";
import type { Session, SessionLimits } from "./dialect/dialect.js";
import { backoffMs, pause } from "./pause.js";

const shortestPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Waits on other connections until `lost`, which sent COMMIT, can do nothing more: then the transaction is committed or rolled back, and
 * stays so. `"waited"` when that could not be seen within `unknownCommitMs`. Never rejects.
 */
export async function untilGone(
  lost: Session,
  pool: ConnectionPool,
  { clock }: Pick<SessionLimits, "clock">,
  unknownCommitMs: Milliseconds,
): Promise<"gone" | "waited"> {
  let waited = false;
  let late: (outcome: "waited") => void = () => undefined;
  const deadline = new Promise<"waited">((resolve) => {
    late = resolve;
  });
  const timer = clock.after(unknownCommitMs, () => {
    waited = true;
    late("waited");
  });
  const watch = async (): Promise<"gone" | "waited"> => {
    for (let attempt = 1; !waited; attempt += 1) {
      if (await isGone(lost, pool)) return "gone";
      await pause(clock, backoffMs(attempt, shortestPauseMs, longestPauseMs));
    }
    return "waited";
  };
  const outcome = await Promise.race([watch(), deadline]);
  timer.cancel();
  return outcome;
}

async function isGone(lost: Session, pool: ConnectionPool): Promise<boolean> {
  try {
    const other = await pool.acquire();
    try {
      const gone = await lost.isGone(other);
      pool.release(other);
      return gone;
    } catch {
      pool.discard(other);
      return false;
    }
  } catch {
    // No connection at present: the server may be down, and its sessions with it, or only unreachable.
    return false;
  }
}
