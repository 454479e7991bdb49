import type { Milliseconds, UnixMilliseconds } from "@aside/core";

/** How a process of the check begins; given as its first argument, in JSON. */
export interface Start {
  readonly cacheAddress: string;
  readonly databaseUrl: string;
  readonly callers: number;
}

/** From the parent to a process. */
export type Order =
  /** Read until the cache answers. */
  | { readonly type: "trust-cache" }
  /** At an instant that all processes share: every caller asks for `key` once, spread over a moment. */
  | { readonly type: "ask-once"; readonly key: string; readonly atMs: UnixMilliseconds }
  /** Every caller asks for `key` again and again. */
  | {
      readonly type: "keep-asking";
      readonly key: string;
      readonly untilMs: UnixMilliseconds;
      readonly firstTtlMs: Milliseconds;
    };

/** From a process to the parent, one for each order. */
export interface Reply {
  /** The numbers of the loads whose values callers got, each once; 0 for none. */
  readonly seen: readonly number[];
}
