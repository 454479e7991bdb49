import type { CacheNode } from "../cache/cache-node.js";
import { cacheKeyOf, seedKeyOn } from "../oracle/registers.js";
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
  world.disturb("forMs" in fault ? Math.max(0, fault.forMs) : 0);
  switch (fault.kind) {
    case "evict":
      for (const [index, node] of world.nodes.entries()) node.evict(evicted(fault.key, index, world));
      break;
    case "restart-cache": {
      const node = nodeAt(fault.node, world);
      node.restart(fault.forMs);
      for (const process of world.processes) process.cache.breakOff(node);
      break;
    }
    case "pause-cache": {
      const node = nodeAt(fault.node, world);
      node.pausedUntilMs = Math.max(node.pausedUntilMs, nowMs + fault.forMs);
      break;
    }
    case "cut":
      world.processes[fault.process]?.cache.breakOff();
      break;
    case "partition": {
      const cutOff = fault.node === undefined ? world.nodes : [nodeAt(fault.node, world)];
      for (const node of cutOff) {
        const network = world.processes[fault.process]?.networkTo(node);
        if (network !== undefined) network.partitionedUntilMs = nowMs + fault.forMs;
      }
      break;
    }
    case "fail-loads": {
      const process = world.processes[fault.process];
      if (process !== undefined) process.failingUntilMs = nowMs + fault.forMs;
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
    case "late-seed": {
      const process = world.processes[fault.process];
      if (process !== undefined) process.lateSeedMs = fault.forMs;
      break;
    }
    case "database-down":
      database.downUntilMs = Math.max(database.downUntilMs, nowMs + fault.forMs);
      for (const process of world.processes) for (const session of [...process.sessions]) session.kill();
      break;
  }
}

/** A key of rows and views is on one node; a generation's seed has a key on each. */
function evicted(key: string, node: number, { settings }: World): string {
  return key.startsWith("~") ? seedKeyOn(node, key, settings.nodes) : cacheKeyOf(key);
}

function nodeAt(index: number, { nodes }: World): CacheNode {
  return nodes[index % nodes.length] as CacheNode;
}
