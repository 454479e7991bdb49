import type { CasToken, Milliseconds } from "@aside/core";
import { type Cas, encodeRequest, encodeStore, opcodes, statuses } from "./binary-protocol.js";
import type { MemcachedConnection, Outcome } from "./memcached-connection.js";
import { refused } from "./memcached-errors.js";
import { tokenOf } from "./memcached-token.js";
import { expectOpcode } from "./replies.js";

/** One store: what is stored, and on which condition. */
export interface EntryStore {
  /** `"add"`: only where there is nothing. `"set"`: whatever stands there, but for `cas`. */
  readonly kind: "add" | "set";
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly expirySeconds: number;
  /** Only over the entry that it names. */
  readonly cas?: Cas | undefined;
}

/** Sends the store, once. Resolves with `undefined` where its condition does not hold. */
export function storeEntry(
  connection: MemcachedConnection,
  { kind, key, bytes, expirySeconds, cas }: EntryStore,
  timeoutMs: Milliseconds,
): Promise<CasToken | undefined> {
  const opcode = opcodes[kind];
  return connection.call(
    (opaque) => encodeStore(opcode, opaque, key, bytes, expirySeconds, cas),
    timeoutMs,
    (response): Outcome<CasToken | undefined> => {
      expectOpcode(response, opcode);
      const { status } = response.header;
      if (status === statuses.ok) return { value: tokenOf(connection, response) };
      const conditional = kind === "add" || cas !== undefined;
      // A server without room for the item has removed what stood there: the same as an eviction, and no fault of the node.
      const lost =
        (status === statuses.exists && conditional) ||
        (status === statuses.outOfMemory && conditional) ||
        (status === statuses.notFound && cas !== undefined);
      return lost ? { value: undefined } : { error: refused(connection.partition, status) };
    },
  );
}

/** Sends the delete, once. Resolves with `false` where another entry stands there, or none. */
export function deleteEntry(
  connection: MemcachedConnection,
  key: string,
  cas: Cas,
  timeoutMs: Milliseconds,
): Promise<boolean> {
  return connection.call(
    (opaque) => encodeRequest(opcodes.delete, opaque, key, cas),
    timeoutMs,
    (response): Outcome<boolean> => {
      expectOpcode(response, opcodes.delete);
      switch (response.header.status) {
        case statuses.ok:
          return { value: true };
        case statuses.notFound:
        case statuses.exists:
          return { value: false };
        default:
          return { error: refused(connection.partition, response.header.status) };
      }
    },
  );
}
