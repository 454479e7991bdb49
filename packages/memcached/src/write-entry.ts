import type { CasToken, Milliseconds } from "@aside/core";
import { type Cas, encodeRequest, encodeStore, opcodes, statuses } from "./binary-protocol.js";
import type { MemcachedConnection } from "./memcached-connection.js";
import { refused } from "./memcached-errors.js";
import { tokenOf } from "./memcached-token.js";
import { expectOpcode } from "./replies.js";
import type { Outcome } from "./single-call.js";

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
    (answer): Outcome<CasToken | undefined> => {
      expectOpcode(answer, opcode);
      const { status } = answer;
      if (status === statuses.ok) return { value: tokenOf(connection, answer) };
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
    (answer): Outcome<boolean> => {
      expectOpcode(answer, opcodes.delete);
      switch (answer.status) {
        case statuses.ok:
          return { value: true };
        case statuses.notFound:
        case statuses.exists:
          return { value: false };
        default:
          return { error: refused(connection.partition, answer.status) };
      }
    },
  );
}
