import { cacheKeyOf } from "../oracle/registers.js";
import type { Fault } from "../plan/plan.js";
import type { World } from "../world/world.js";

/** Lets the faults of a plan strike: at their instants, or at the points that processes reach. */
export function armFaults(faults: readonly Fault[], world: World, restart: (slot: number) => void): void {
  const { scheduler } = world;
  const counts = new Map<string, number>();
  for (const fault of faults) {
    if ("atMs" in fault.when) scheduler.at(fault.when.atMs, undefined, () => strike(fault, world, restart));
  }
  world.listen((process, point) => {
    if (world.healed) return;
    const name = `${process.slot} ${point}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    for (const fault of faults) {
      const { when } = fault;
      if ("atMs" in when || when.process !== process.slot || when.point !== point || when.count !== count) {
        continue;
      }
      // As an event of its own: a process ends between two of its steps, not within one.
      if (fault.kind === "lose-commit" || fault.kind === "late-hold") strike(fault, world, restart);
      else scheduler.after(0, undefined, () => strike(fault, world, restart));
    }
  });
}

function strike(fault: Fault, world: World, restart: (slot: number) => void): void {
  if (world.healed) return;
  const { scheduler, database } = world;
  world.note(() => `FAULT ${JSON.stringify({ ...fault, when: undefined })}`);
  const { nowMs } = scheduler;
  const node = world.nodes[0];
  if (node === undefined) return;
  world.disturb("forMs" in fault ? Math.max(0, fault.forMs) : 0);
  switch (fault.kind) {
    case "evict":
      node.evict(cacheKeyOf(fault.key));
      break;
    case "restart-cache":
      node.restart(fault.forMs);
      for (const process of world.processes) process.cache.breakOff(node);
      break;
    case "pause-cache":
      node.pausedUntilMs = Math.max(node.pausedUntilMs, nowMs + fault.forMs);
      break;
    case "cut":
      world.processes[fault.process]?.cache.breakOff();
      break;
    case "partition": {
      const network = world.processes[fault.process]?.network;
      if (network !== undefined) network.partitionedUntilMs = nowMs + fault.forMs;
      break;
    }
    case "crash": {
      const process = world.processes[fault.process];
      if (process?.alive !== true) break;
      process.crash();
      if (fault.forMs < 0) break;
      world.restarts += 1;
      scheduler.after(fault.forMs, undefined, () => {
        world.restarts -= 1;
        restart(fault.process);
      });
      break;
    }
    case "pause-process": {
      const process = world.processes[fault.process];
      if (process === undefined) break;
      process.pausedUntilMs = nowMs + fault.forMs;
      process.pausedMs += fault.forMs;
      break;
    }
    case "kill-sessions":
      for (const session of [...(world.processes[fault.process]?.sessions ?? [])]) session.kill();
      break;
    case "lose-commit":
      world.processes[fault.process]?.loseCommit(fault.how, fault.forMs);
      break;
    case "late-hold": {
      const process = world.processes[fault.process];
      if (process !== undefined) process.lateHoldMs = fault.forMs;
      break;
    }
    case "database-down":
      database.downUntilMs = Math.max(database.downUntilMs, nowMs + fault.forMs);
      for (const process of world.processes) for (const session of [...process.sessions]) session.kill();
      break;
  }
}
