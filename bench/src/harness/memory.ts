import type { Meter } from "./meter.js";
import type { Subject } from "./subject.js";

/** The memory of the process after so many operations, garbage collected. */
export interface MemorySample {
  readonly operations: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** The heap may differ by so much without having grown: compiled code, pools. */
export const heapToleranceBytes = 1_000_000;

const samples = 10;

/**
 * Lets a subject work, and looks at the memory after a first tenth, in which caches and pools fill, and after each further one of ten.
 * Every answer is checked.
 */
export async function watchMemory(
  subject: Subject,
  {
    callers,
    operations,
    meter,
  }: { readonly callers: number; readonly operations: number; readonly meter: Meter },
): Promise<MemorySample[]> {
  const seen: MemorySample[] = [];
  let done = 0;
  for (let sample = 0; sample <= samples; sample++) {
    const end = Math.round((operations * (sample + 1)) / (samples + 1));
    const call = async (): Promise<void> => {
      while (done < end) {
        const index = done++;
        subject.check(await subject.operation(index), index);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    meter.collectGarbage();
    seen.push({ operations: done, heapBytes: meter.heapBytes(), rssBytes: meter.rssBytes() });
  }
  return seen;
}

/** By how much the heap grew since the first look. */
export function heapGrowth(seen: readonly MemorySample[]): number {
  const [first] = seen;
  const last = seen.at(-1);
  return first === undefined || last === undefined ? 0 : last.heapBytes - first.heapBytes;
}
