import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a run is measured with. */
export interface Meter {
  /** Monotonic. */
  nowMs(): number;
  /** CPU time of this process so far, of all its threads, in microseconds. */
  cpuUs(): number;
  /** Collects what was made lately. */
  collectYoungGarbage(): void;
  collectGarbage(): void;
  heapBytes(): number;
  rssBytes(): number;
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;

/** The clocks of this machine and process. */
export const machineMeter: Meter = {
  nowMs: () => performance.now(),
  cpuUs() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  collectYoungGarbage: () => gc({ type: "minor" }),
  collectGarbage: () => gc(),
  heapBytes: () => process.memoryUsage().heapUsed,
  rssBytes: () => process.memoryUsage.rss(),
};
