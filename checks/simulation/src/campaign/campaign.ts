import { Worker } from "node:worker_threads";
import type { Failure, Job, JobResult, WorkerSetup } from "./job.js";

export interface CampaignOptions {
  /** Address of the library's index module. */
  readonly core: string;
  readonly workers: number;
  readonly firstSeed: number;
  /** How many schedules at most. */
  readonly schedules: number;
  /** For how long at most, by the machine's clock. */
  readonly forMs: number;
  readonly stopAtFailure: boolean;
}

export interface CampaignResult {
  readonly schedules: number;
  readonly events: number;
  readonly reads: number;
  readonly excused: ReadonlyMap<string, number>;
  /** In the order of their seeds. */
  readonly failures: readonly Failure[];
  readonly tookMs: number;
}

const schedulesPerJob = 40;

/** Runs the schedules of many seeds on several threads. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedAtMs = performance.now();
  const excused = new Map<string, number>();
  const failures: Failure[] = [];
  let schedules = 0;
  let events = 0;
  let reads = 0;
  let nextSeed = options.firstSeed;
  const endSeed = options.firstSeed + options.schedules;

  const nextJob = (): Job | undefined => {
    if (nextSeed >= endSeed || performance.now() - startedAtMs >= options.forMs) return undefined;
    if (options.stopAtFailure && failures.length > 0) return undefined;
    const job = { firstSeed: nextSeed, count: Math.min(schedulesPerJob, endSeed - nextSeed) };
    nextSeed += job.count;
    return job;
  };
  const take = (result: JobResult): void => {
    schedules += result.schedules;
    events += result.events;
    reads += result.reads;
    failures.push(...result.failures);
    for (const [reason, count] of result.excused) excused.set(reason, (excused.get(reason) ?? 0) + count);
  };
  await Promise.all(Array.from({ length: options.workers }, () => runWorker(options, nextJob, take)));
  failures.sort((one, other) => one.seed - other.seed);
  return { schedules, events, reads, excused, failures, tookMs: performance.now() - startedAtMs };
}

function runWorker(
  { core }: CampaignOptions,
  nextJob: () => Job | undefined,
  take: (result: JobResult) => void,
): Promise<void> {
  const first = nextJob();
  if (first === undefined) return Promise.resolve();
  const setup: WorkerSetup = { core };
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: setup,
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  return new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (result: JobResult) => {
      take(result);
      const job = nextJob();
      if (job === undefined) resolve();
      else worker.postMessage(job);
    });
    worker.postMessage(first);
  }).finally(() => worker.terminate());
}
