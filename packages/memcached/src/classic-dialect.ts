import type { CacheEntry, CasToken, LeasedEntry } from "@aside/core";
import { ClassicDelete } from "./classic-delete.js";
import { ClassicLease } from "./classic-lease.js";
import { ClassicRead } from "./classic-read.js";
import { ClassicStore } from "./classic-store.js";
import type { CallContext, TextCall } from "./text-call.js";
import type { TextDialect, TextStore } from "./text-dialect.js";
import type { TextToken } from "./text-token.js";

/**
 * The text protocol as it was before the meta commands, for memcached below 1.6.10: memcached's `doc/protocol.txt`, "Storage commands".
 * Answers name no request: they come in the order of the commands, each of which is answered.
 */
export class ClassicDialect implements TextDialect {
  readonly #context: CallContext;

  constructor(context: CallContext) {
    this.#context = context;
  }

  read(keys: readonly string[]): TextCall<ReadonlyMap<string, CacheEntry>> {
    return new ClassicRead(this.#context, keys);
  }

  lease(keys: readonly string[], expirySeconds: number): TextCall<ReadonlyMap<string, LeasedEntry>> {
    return new ClassicLease(this.#context, keys, expirySeconds);
  }

  store(store: TextStore): TextCall<CasToken | undefined> {
    return new ClassicStore(this.#context, store);
  }

  remove(key: string, token: TextToken): TextCall<boolean> {
    return new ClassicDelete(this.#context, key, token);
  }
}
