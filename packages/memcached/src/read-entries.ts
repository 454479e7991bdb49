import type { CacheEntry, Milliseconds } from "@aside/core";
import { encodeQuietGets, encodeRequest, opcodes, statuses } from "./binary-protocol.js";
import type { MemcachedConnection, Outcome } from "./memcached-connection.js";
import { ProtocolError, refused } from "./memcached-errors.js";
import { tokenOf } from "./memcached-token.js";
import type { MemjsResponse } from "./memjs-server.js";
import { expectOpcode } from "./replies.js";

type Entries = Map<string, CacheEntry>;

/** Reads the entries of one server in one request. @param keys - at least one, all different, all checked. */
export function readEntries(
  connection: MemcachedConnection,
  keys: readonly string[],
  timeoutMs: Milliseconds,
): Promise<Entries> {
  return keys.length === 1
    ? readOne(connection, keys[0] as string, timeoutMs)
    : readBatch(connection, keys, timeoutMs);
}

function readOne(connection: MemcachedConnection, key: string, timeoutMs: Milliseconds): Promise<Entries> {
  return connection.call(
    (opaque) => encodeRequest(opcodes.getk, opaque, key),
    timeoutMs,
    (response): Outcome<Entries> => {
      expectOpcode(response, opcodes.getk);
      const { status } = response.header;
      if (status === statuses.notFound) return { value: new Map() };
      if (status !== statuses.ok) return { error: refused(connection.partition, status) };
      if (keyOf(response) !== key) throw new ProtocolError("a value belongs to another key");
      return { value: new Map([[key, entryOf(connection, response)]]) };
    },
  );
}

function readBatch(
  connection: MemcachedConnection,
  keys: readonly string[],
  timeoutMs: Milliseconds,
): Promise<Entries> {
  const found: Entries = new Map();
  let next = 0;
  let failedStatus: number | undefined;
  return connection.call(
    (opaque) => encodeQuietGets(opaque, keys),
    timeoutMs,
    (response): Outcome<Entries> => {
      if (response.header.opcode === opcodes.noop) {
        // An error is no miss: whoever looks before he removes would take it for "nothing there".
        return failedStatus === undefined
          ? { value: found }
          : { error: refused(connection.partition, failedStatus) };
      }
      expectOpcode(response, opcodes.getkq);
      const { status } = response.header;
      if (status === statuses.notFound) return undefined;
      if (status !== statuses.ok) {
        failedStatus ??= status;
        return undefined;
      }
      const key = keyOf(response);
      // The answers come in the order of the keys, with gaps.
      while (next < keys.length && keys[next] !== key) next += 1;
      if (next === keys.length) throw new ProtocolError("a value belongs to another key");
      next += 1;
      found.set(key, entryOf(connection, response));
      return undefined;
    },
  );
}

function keyOf(response: MemjsResponse): string {
  return response.key.toString("latin1");
}

function entryOf(connection: MemcachedConnection, response: MemjsResponse): CacheEntry {
  return { bytes: response.val, token: tokenOf(connection, response) };
}
