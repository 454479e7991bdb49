import type { Fault, Operation, Plan } from "../plan/plan.js";
import { type Outcome, runSchedule } from "../run/run-schedule.js";
import type { Core } from "../world/world.js";

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
}

/** Other timings that a smaller plan is tried with. */
const timings = 12;

/** Leaves out faults and operations as long as something fails; another timing may bring it out again. */
export async function shrink(plan: Plan, core: Core, withinMs: number): Promise<Shrunk> {
  const endsAtMs = performance.now() + withinMs;
  let best: Shrunk = { plan, outcome: await runSchedule(plan, core) };
  const fails = async (candidate: Plan): Promise<boolean> => {
    for (let timing = 0; timing <= timings && performance.now() < endsAtMs; timing += 1) {
      const timed = { ...candidate, timing: timing === 0 ? candidate.timing : timing };
      const outcome = await runSchedule(timed, core);
      if (outcome.violations.length === 0) continue;
      best = { plan: timed, outcome };
      return true;
    }
    return false;
  };
  for (let smaller = true; smaller && performance.now() < endsAtMs; ) {
    smaller = false;
    for (const faults of without(best.plan.faults)) {
      if (await fails({ ...best.plan, faults })) {
        smaller = true;
        break;
      }
    }
    for (let size = Math.ceil(best.plan.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < best.plan.operations.length; ) {
        const { operations } = best.plan;
        const fewer = [...operations.slice(0, from), ...operations.slice(from + size)];
        if (await fails({ ...best.plan, operations: fewer })) smaller = true;
        else from += size;
      }
    }
  }
  return best;
}

function without(faults: readonly Fault[]): readonly (readonly Fault[])[] {
  return faults.map((fault) => faults.filter((other) => other !== fault));
}

/** The options that replay a plan. */
export function replayOptions({ seed, timing, operations, faults }: Plan): string {
  const ids = (list: readonly (Operation | Fault)[]): string =>
    list.length === 0 ? "none" : list.map(({ id }) => id).join(",");
  return `--seed ${seed} --timing ${timing} --operations ${ids(operations)} --faults ${ids(faults)}`;
}
