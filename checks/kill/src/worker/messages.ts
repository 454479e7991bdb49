import type { Seen } from "../history/history-event.js";

/** How a worker speaks to memcached: through `MemjsCache` or `MemcachedCache`. */
export type TransportName = "memjs" | "native";

/** A guard of the protocol that is switched off, to prove that the oracle notices. */
export type Breakage = "holds" | "tokens";

/** From the parent to a worker. */
export type Order =
  | {
      readonly type: "start";
      readonly name: string;
      readonly historyPath: string;
      /** `process.hrtime.bigint()` of the parent when the run began; as text, since messages carry no bigint. */
      readonly beganNs: string;
      /** Of all nodes of the cache, as the workers reach them. */
      readonly cacheServers: readonly string[];
      readonly transport: TransportName;
      readonly databaseUrl: string;
      readonly seed: number;
      readonly breakage: Breakage | undefined;
      /** Only answers orders; makes no work of its own. */
      readonly idle: boolean;
    }
  /** Begin nothing more, and tell when all has ended. */
  | { readonly type: "rest" }
  /** Read every register once and tell what was found. */
  | { readonly type: "read-all" }
  /** Tell how much memory is in use, after a collection. */
  | { readonly type: "memory" }
  /** Close everything. The process then ends by itself. */
  | { readonly type: "end" };

/** From a worker to the parent. */
export type Reply =
  | { readonly type: "ready" }
  | { readonly type: "resting" }
  | { readonly type: "read-all"; readonly seen: readonly Seen[]; readonly fromCache: boolean }
  | { readonly type: "memory"; readonly heapBytes: number; readonly rssBytes: number };
