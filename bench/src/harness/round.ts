import type { Meter } from "./meter.js";
import type { Subject } from "./subject.js";

/** What one subject did in one round. */
export interface Measurement {
  readonly operations: number;
  readonly elapsedMs: number;
  /** CPU time of the whole process. */
  readonly cpuUs: number;
  /** How long each operation took; empty where nobody asked. */
  readonly latenciesMs: readonly number[];
}

/** What each subject did in one round, by its name. */
export type Round = ReadonlyMap<string, Measurement>;

export interface RoundOptions {
  readonly callers: number;
  /** No operation begins later. */
  readonly durationMs: number;
  /** One answer of so many is checked. */
  readonly checkEvery: number;
  readonly latency: boolean;
  readonly meter: Meter;
}

/** A subject that answers nothing at all would let the benchmark wait for ever. */
const longestSilenceMs = 60_000;

/** Lets `callers` callers do the subject's work, each one operation after the other, at least one each. */
export async function measureRound(subject: Subject, options: RoundOptions): Promise<Measurement> {
  const { callers, durationMs, checkEvery, latency, meter } = options;
  await subject.beforeRound?.();
  // What the one before left behind is not this one's to pay. A full collection would also let go of compiled code and of what it knows of
  // objects, and every round would begin cold: a get of 1.8 us of CPU took 3 to 4.7 then.
  meter.collectYoungGarbage();
  const latenciesMs: number[] = [];
  let operations = 0;
  const startedMs = meter.nowMs();
  const startedCpuUs = meter.cpuUs();
  const endsMs = startedMs + durationMs;

  const call = async (): Promise<void> => {
    let beganMs = startedMs;
    do {
      const index = operations++;
      const answer = await subject.operation(index);
      if (index % checkEvery === 0) subject.check(answer, index);
      const endedMs = meter.nowMs();
      if (latency) latenciesMs.push(endedMs - beganMs);
      beganMs = endedMs;
    } while (beganMs < endsMs);
  };

  await allWithin(durationMs + longestSilenceMs, Array.from({ length: callers }, call));
  const elapsedMs = meter.nowMs() - startedMs;
  return { operations, elapsedMs, cpuUs: meter.cpuUs() - startedCpuUs, latenciesMs };
}

/** Waits for all even if one fails, so that nothing of a round reaches into the next. */
async function allWithin(ms: number, calls: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`gave no answer for ${ms} ms`)), ms);
  });
  try {
    const ended = await Promise.race([Promise.allSettled(calls), late]);
    for (const call of ended) if (call.status === "rejected") throw call.reason;
  } finally {
    clearTimeout(timer);
  }
}
