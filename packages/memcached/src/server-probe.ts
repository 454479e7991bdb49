import { randomUUID } from "node:crypto";
import type { Clock, Milliseconds } from "@aside/core";
import { type Cas, encodeRequest, encodeStore, opcodes, statuses } from "./binary-protocol.js";
import type { MemcachedConnection } from "./memcached-connection.js";
import { misconfigured, refused } from "./memcached-errors.js";
import { expectOpcode } from "./replies.js";
import type { ServerFacts } from "./server-facts.js";
import { askStats } from "./server-stats.js";
import { deleteEntry } from "./write-entry.js";

/**
 * Asks a new connection whether the server can keep the contract, before anybody's request uses it: it must speak the binary protocol,
 * hand out a CAS with a store, refuse a delete under another CAS, and do one under its own. With `-C` (no CAS) a conditional store is an
 * unconditional one, and every promise is void.
 * @throws {AsideError} `CONFIGURATION` when it cannot; `CACHE_UNAVAILABLE`, `CACHE_TIMEOUT`.
 */
export async function probeServer(
  connection: MemcachedConnection,
  clock: Clock,
  timeoutMs: Milliseconds,
): Promise<ServerFacts> {
  const startMs = clock.monotonicMs();
  const key = `aside:probe:${randomUUID()}`;
  const [, settings, cas] = await Promise.all([
    askVersion(connection, timeoutMs),
    askStats(connection, "settings", timeoutMs),
    addProbe(connection, key, timeoutMs),
  ]);
  if (cas.casHigh === 0 && cas.casLow === 0) {
    throw misconfigured(connection.partition, "the server hands out no CAS; start it without -C");
  }
  const leftMs = Math.max(1, timeoutMs - (clock.monotonicMs() - startMs));
  // Far from the counter of a young server, and not 0, which would stand for "whatever the CAS".
  const other: Cas = { casHigh: (cas.casHigh ^ 0x8000_0000) >>> 0, casLow: cas.casLow };
  const [removedByOther] = await Promise.all([
    deleteEntry(connection, key, other, leftMs),
    deleteEntry(connection, key, cas, leftMs),
  ]);
  if (removedByOther)
    throw misconfigured(connection.partition, "the server does not respect the CAS of a request");
  const itemSizeMax = Number(settings.get("item_size_max"));
  return { itemSizeMaxBytes: Number.isSafeInteger(itemSizeMax) && itemSizeMax > 0 ? itemSizeMax : undefined };
}

function askVersion(connection: MemcachedConnection, timeoutMs: Milliseconds): Promise<string> {
  return connection.call(
    (opaque) => encodeRequest(opcodes.version, opaque, ""),
    timeoutMs,
    (answer) => {
      expectOpcode(answer, opcodes.version);
      const { status } = answer;
      return status === statuses.ok
        ? { value: answer.value.toString() }
        : { error: refused(connection.partition, status) };
    },
  );
}

function addProbe(connection: MemcachedConnection, key: string, timeoutMs: Milliseconds): Promise<Cas> {
  return connection.call(
    (opaque) => encodeStore(opcodes.add, opaque, key, Uint8Array.of(0), 1),
    timeoutMs,
    (answer) => {
      expectOpcode(answer, opcodes.add);
      const { status } = answer;
      return status === statuses.ok ? { value: answer } : { error: refused(connection.partition, status) };
    },
  );
}
