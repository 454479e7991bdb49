import type { Subject } from "../run/subject.js";
import { SimulatedWorld } from "../simulated-world.js";
import type { CacheStep } from "./cache-step.js";
import { compareCaches } from "./compare-caches.js";
import { makeCacheSteps } from "./make-cache-steps.js";
import { RealCacheServer } from "./real-cache.js";
import { type CacheBreakage, simulatedCache } from "./simulated-cache.js";

/** Waits take most of the time, so many sequences wait at once. */
const lanes = 8;

/** Compares the simulated cache with memcached. */
export async function openCacheSubject(): Promise<
  Subject<CacheStep> & { broken(breakage: CacheBreakage): Subject<CacheStep> }
> {
  const servers = await Promise.all(Array.from({ length: lanes }, () => RealCacheServer.start()));
  const subject = (breakage?: CacheBreakage): Subject<CacheStep> => ({
    name: "cache",
    lanes,
    makeSteps: makeCacheSteps,
    async compare(steps, seed, lane) {
      await using real = await (servers[lane] as RealCacheServer).open();
      const simulated = simulatedCache(new SimulatedWorld(seed), breakage);
      for (const client of simulated.clients) {
        await simulated.outcome(client.connect(client.partitions[0] as string));
      }
      return await compareCaches(steps, simulated, real);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  });
  return { ...subject(), broken: subject };
}
