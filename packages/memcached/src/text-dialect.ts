import type { CacheEntry, CasToken, LeasedEntry } from "@aside/core";
import type { TextCall } from "./text-call.js";
import type { TextToken } from "./text-token.js";

/** One store: what is stored, and on which condition. */
export interface TextStore {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly expirySeconds: number;
  /** `"add"`: only where there is nothing. A token: only over the entry that it names. `"set"`: whatever stands there. */
  readonly over: "add" | "set" | TextToken;
}

/** The commands of a server, as its version has them. Keys are checked; tokens are of this connection. */
export interface TextDialect {
  /** @param keys - at least one, all different. */
  read(keys: readonly string[]): TextCall<ReadonlyMap<string, CacheEntry>>;
  store(store: TextStore): TextCall<CasToken | undefined>;
  remove(key: string, token: TextToken): TextCall<boolean>;
  lease(keys: readonly string[], expirySeconds: number): TextCall<ReadonlyMap<string, LeasedEntry>>;
}
