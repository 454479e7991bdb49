import { describe, expect, it } from "@jest/globals";
import { Scheduler } from "../world/scheduler.js";
import { CacheNode } from "./cache-node.js";

function node(phaseMs: number): { scheduler: Scheduler; node: CacheNode; losses: string[] } {
  const scheduler = new Scheduler();
  const losses: string[] = [];
  const witness = { lost: (key: string, _bytes: Uint8Array, by: string) => void losses.push(`${key} ${by}`) };
  return { scheduler, node: new CacheNode("n", scheduler, witness, phaseMs), losses };
}

const bytes = Uint8Array.of(1);

describe("CacheNode, as memcached does it", () => {
  it.each([
    ["nearly a second less", 999, 1_001, 1_002],
    ["hardly less", 0, 1_999, 2_000],
  ])("keeps an entry of 2 s for up to a second less: %s", async (_name, phaseMs, standsMs, goneMs) => {
    const { scheduler, node: cache } = node(phaseMs);
    cache.set("k", bytes, 2_000);
    await scheduler.run(Math.min(standsMs, 1_000), () => false);
    expect(cache.look("k")).toBeDefined();
    await scheduler.run(standsMs - (phaseMs > 0 ? 1 : 0), () => false);
    expect(cache.look("k") !== undefined).toBe(true);
    await scheduler.run(goneMs, () => false);
    expect(cache.look("k")).toBeUndefined();
  });

  it("counts its CAS from 1 again after a restart, so that an old token matches", () => {
    const { node: cache, losses } = node(0);
    expect(cache.add("k", bytes, 1_000)).toBe(1);
    cache.restart(0);
    expect(losses).toEqual(["k restarted"]);
    expect(cache.compareAndSet("k", bytes, 1_000, 1)).toBeUndefined();
    expect(cache.add("k", bytes, 1_000)).toBe(1);
    expect(cache.compareAndSet("k", bytes, 1_000, 1)).toBe(2);
    expect(cache.delete("k", 1)).toBe(false);
    expect(cache.delete("k", 2)).toBe(true);
  });
});
