import { parentPort, workerData } from "node:worker_threads";
import { makePlan } from "../plan/make-plan.js";
import { runSchedule } from "../run/run-schedule.js";
import type { Core } from "../world/world.js";
import type { Failure, Job, JobResult, WorkerSetup } from "./job.js";

const core: Core = await import((workerData as WorkerSetup).core);

// A replay shows where an error comes from; here nobody looks, and the stack costs more than the rest of it.
Error.stackTraceLimit = 0;

parentPort?.on("message", async (job: Job) => {
  parentPort?.postMessage(await work(job));
});

async function work({ firstSeed, count }: Job): Promise<JobResult> {
  let events = 0;
  let reads = 0;
  const excused = new Map<string, number>();
  const failures: Failure[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const outcome = await runSchedule(makePlan(seed), core);
    events += outcome.events;
    reads += outcome.reads;
    for (const [reason, times] of outcome.excused) excused.set(reason, (excused.get(reason) ?? 0) + times);
    const [violation] = outcome.violations;
    if (violation !== undefined) failures.push({ seed, violation });
  }
  return { schedules: count, events, reads, excused: [...excused], failures };
}
