import type { CacheEntry, CasToken, LeasedEntry } from "@aside/core";
import { MetaDelete } from "./meta-delete.js";
import { MetaRead, type ToEntry } from "./meta-read.js";
import { MetaStore } from "./meta-store.js";
import type { CallContext, TextCall } from "./text-call.js";
import type { TextDialect, TextStore } from "./text-dialect.js";
import type { TextNonces } from "./text-nonces.js";
import type { TextToken } from "./text-token.js";

const toEntry: ToEntry<CacheEntry> = (bytes, token) => ({ bytes, token });
const toLeasedEntry: ToEntry<LeasedEntry> = (bytes, token, leased) => ({ bytes, token, leased });

/**
 * The meta protocol, of memcached 1.6.10 and newer: memcached's `doc/protocol.txt`, "Meta Commands".
 *
 * With `nonces` (1.6.27 and newer) every store names the CAS of its entry itself, with `E`: a number that no other store ever chose. The
 * server's own counter restarts at 1, and behind a proxy that survives the server an old token would match a new entry.
 */
export class MetaDialect implements TextDialect {
  readonly #context: CallContext;
  readonly #nonces: TextNonces | undefined;

  constructor(context: CallContext, nonces: TextNonces | undefined) {
    this.#context = context;
    this.#nonces = nonces;
  }

  read(keys: readonly string[]): TextCall<ReadonlyMap<string, CacheEntry>> {
    return new MetaRead(this.#context, keys, "", toEntry);
  }

  /** `N`: the server reads, and puts an empty entry where there is none, under the lock of the item. `W` tells who put it there. */
  lease(keys: readonly string[], expirySeconds: number): TextCall<ReadonlyMap<string, LeasedEntry>> {
    return new MetaRead(this.#context, keys, ` N${expirySeconds}${this.#nonce()}`, toLeasedEntry);
  }

  store({ key, bytes, expirySeconds, over }: TextStore): TextCall<CasToken | undefined> {
    const condition = over === "set" ? "" : over === "add" ? " ME" : ` C${over.cas}`;
    const flags = `T${expirySeconds}${condition}${this.#nonce()}`;
    return new MetaStore(this.#context, key, bytes, flags, over !== "set");
  }

  remove(key: string, token: TextToken): TextCall<boolean> {
    return new MetaDelete(this.#context, key, token);
  }

  #nonce(): string {
    return this.#nonces === undefined ? "" : ` E${this.#nonces.next()}`;
  }
}
