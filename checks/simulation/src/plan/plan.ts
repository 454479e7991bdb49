/** What is done in one schedule. All of it follows from the seed; a shrunk plan lacks parts of it. */
export interface Plan {
  readonly seed: number;
  /** Seeds the latencies and the random numbers of the library: another timing of the same plan. */
  readonly timing: number;
  readonly settings: Settings;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
}

export interface Settings {
  readonly processes: number;
  /** How many cache nodes share the keys. */
  readonly nodes: number;
  /** Whether the cache reads a key and takes its lease in one round trip. */
  readonly leasing: boolean;
  /** Whether views are loaded under the tags of their sources, and writes name tags in place of views. */
  readonly tagged: boolean;
  readonly clearable: boolean;
  readonly staleIfErrorMs: number;
  readonly softTimeoutMs: number | undefined;
  readonly refreshBeforeMs: number;
  /** Share of the loads outside of transactions that fail. */
  readonly failingLoads: number;
  /** By how much the end of a row leads that of its cached copy when it is touched. */
  readonly touchLeadMs: number;
  /** `undefined`: no near caches. */
  readonly nearTtlMs: number | undefined;
  readonly bus: "none" | "prompt" | "lossy";
  readonly cacheTimeoutMs: number;
  readonly leaseTtlMs: number;
  readonly leaseWaitMs: number;
  readonly holdTtlMs: number;
  readonly ttlMs: number;
  readonly absenceTtlMs: number;
  readonly relayPollMs: number;
  readonly relayMaxBackoffMs: number;
  readonly loadTimeoutMs: number;
  readonly whenCacheUnreachable: "log" | "reject";
  readonly logInvalidations: "derived" | "always";
  /** How long a message is under way: up to `usualMs`, and a share of them up to `slowMs`. */
  readonly usualMs: number;
  readonly slowShare: number;
  readonly slowMs: number;
  /** Kinds of messages that dawdle in this plan, and for how long: each opens a window of its own. */
  readonly dawdling: readonly Dawdler[];
  readonly dawdleMs: number;
  /** The slot of the process whose messages dawdle; `undefined`: everybody's. */
  readonly dawdlingSlot: number | undefined;
  /** How far the machines' clocks are apart. */
  readonly clockSkewMs: number;
}

export type Dawdler =
  | "get"
  | "lease"
  | "fill"
  | "seed"
  | "hold"
  | "release"
  | "answer of the cache"
  | "answer to fill"
  | "select"
  | "answer to select"
  | "COMMIT"
  | "answer to COMMIT"
  | "log";

/**
 * Rows are `a`, `b`, ...: each is a row key. Sources are rows of another table, which no key names: the view `v` is derived from sources 0 and 1,
 * `u` from source 0. Where the plan says so, views are loaded under the tags of their sources.
 */
export type Action =
  | { readonly kind: "get" | "update" | "swap" | "delete"; readonly key: string }
  /** The row ends by itself after `forMs`. */
  | { readonly kind: "set"; readonly key: string; readonly forMs?: number }
  | { readonly kind: "touch"; readonly key: string; readonly forMs: number }
  | { readonly kind: "getMany"; readonly keys: readonly string[] }
  | { readonly kind: "load"; readonly view: View }
  | { readonly kind: "persist"; readonly source: number; readonly clears?: boolean }
  /** Writes a source past the store, then tells it: by the keys or tags, or by a clear. */
  | { readonly kind: "bypass"; readonly source: number; readonly clears: boolean }
  /** Writes a source, and tells nobody. */
  | { readonly kind: "slip"; readonly source: number }
  | { readonly kind: "transaction"; readonly parts: readonly Action[]; readonly fails: boolean };

export type View = "u" | "v";

export interface Operation {
  readonly id: number;
  readonly process: number;
  /** Operations of one client of one process follow each other. */
  readonly client: number;
  /** Pause before it. */
  readonly thinkMs: number;
  readonly action: Action;
}

/** When a fault strikes: at an instant, or when process `process` has reached a point for the n-th time. */
export type Trigger =
  | { readonly atMs: number }
  | { readonly process: number; readonly point: Point; readonly count: number };

export type Point =
  | "hold-sent"
  | "hold-applied"
  | "hold-confirmed"
  | "commit-sent"
  | "commit-applied"
  | "lease-applied"
  | "fill-sent"
  | "release-sent";

export type Fault = {
  readonly id: number;
  readonly when: Trigger;
} /** The entry of a row or a view; or the seeds of `~tag:t0`, `~tag:t1` or `~all`. */ & (
  | { readonly kind: "evict"; readonly key: string }
  | { readonly kind: "restart-cache"; readonly node: number; readonly forMs: number }
  | { readonly kind: "pause-cache"; readonly node: number; readonly forMs: number }
  | { readonly kind: "cut"; readonly process: number }
  /** From one node, or from all. */
  | {
      readonly kind: "partition";
      readonly process: number;
      readonly node: number | undefined;
      readonly forMs: number;
    }
  /** Loads of this process fail. */
  | { readonly kind: "fail-loads"; readonly process: number; readonly forMs: number }
  /** Negative: the process does not come back. */
  | { readonly kind: "crash"; readonly process: number; readonly forMs: number }
  | { readonly kind: "pause-process"; readonly process: number; readonly forMs: number }
  | { readonly kind: "kill-sessions"; readonly process: number }
  | {
      readonly kind: "lose-commit";
      readonly process: number;
      readonly how: LostCommit;
      readonly forMs: number;
    }
  /** The next hold that the process sends arrives right after another hold of that key, or after so long. */
  | { readonly kind: "late-hold"; readonly process: number; readonly forMs: number }
  /** The next seed that the process makes arrives after so long. */
  | { readonly kind: "late-seed"; readonly process: number; readonly forMs: number }
  | { readonly kind: "database-down"; readonly forMs: number }
);

/** The COMMIT never arrives, arrives late, or is done and its reply lost. */
export type LostCommit = "never" | "late" | "done";

export const rowKeys = ["a", "b", "c"] as const;
export const sourcesOf: Readonly<Record<View, readonly number[]>> = { u: [0], v: [0, 1] };
