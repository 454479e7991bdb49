import type { SimCache } from "@aside/check-simulation/cache/sim-cache.js";
import type { SimulatedWorld } from "../simulated-world.js";
import { type CacheWorld, connectionsOf, reconnect } from "./cache-world.js";

/** How the simulated cache may be broken, to show that it would be found. */
export const cacheBreakages = [
  "tokens-survive-restart",
  "add-replaces",
  "tokens-are-not-checked",
  "ttl-never-ends",
  "long-ttl-ends",
] as const;
export type CacheBreakage = (typeof cacheBreakages)[number];

/** The simulated cache. */
export function simulatedCache(simulated: SimulatedWorld, breakage?: CacheBreakage): CacheWorld {
  const { world, processes } = simulated;
  const node = world.nodeOf("");
  const seen = new Set<string>();
  const set = node.set.bind(node);
  node.set = (key, bytes, ttlMs) => {
    seen.add(key);
    if (breakage === "ttl-never-ends") return set(key, bytes, 1e12);
    return set(key, bytes, breakage === "long-ttl-ends" && ttlMs > 30 * 24 * 3_600_000 ? 0 : ttlMs);
  };
  if (breakage === "add-replaces") node.add = (key, bytes, ttlMs) => node.set(key, bytes, ttlMs);
  if (breakage === "tokens-are-not-checked") {
    node.compareAndSet = (key, bytes, ttlMs) =>
      node.look(key) === undefined ? undefined : node.set(key, bytes, ttlMs);
  }
  const clients = processes.map(({ cache }) => {
    if (breakage === "tokens-survive-restart") forgetRestarts(cache, node.name);
    return cache;
  });
  const self: CacheWorld = {
    clients: [clients[0] as (typeof clients)[0], clients[1] as (typeof clients)[0]],
    async outcome(call) {
      call.catch(() => undefined);
      await simulated.settle();
      return call;
    },
    pass: (ms) => simulated.pass(ms),
    async flush() {
      for (const key of seen) node.evict(key);
    },
    async restart() {
      const before = connectionsOf(self);
      node.restart(0);
      for (const { cache } of processes) cache.breakOff(node);
      await simulated.settle();
      await reconnect(self, before);
    },
  };
  return self;
}

/** The client takes tokens of all connections that it ever had. */
function forgetRestarts(cache: SimCache, partition: string): void {
  const own = new Set<number>();
  const { connect } = cache;
  const bound = cache.compareAndSet.bind(cache);
  cache.connect = async (...args) => {
    const connection = await connect.apply(cache, args);
    own.add(connection);
    return connection;
  };
  cache.compareAndSet = (key, bytes, ttlMs, token) => {
    const connection = own.has(token.connection) ? cache.connection(partition) : token.connection;
    return bound(key, bytes, ttlMs, { ...token, connection });
  };
}
