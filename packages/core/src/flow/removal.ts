import type { CacheBackend, CacheEntry, CasToken } from "../backend/cache-backend.js";
import { kindOf } from "../entry/entry-kind.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline, withDeadline } from "./deadline.js";

/** A key to be removed, and the hold that the remover itself placed there. */
export interface Removable {
  readonly cacheKey: string;
  /** Bytes of the remover's own hold. Absent for the relay and for plain invalidations. */
  readonly hold?: Uint8Array | undefined;
  /** Token of that hold, where it is known to be its latest. */
  readonly token?: CasToken | undefined;
}

export interface RemovalOptions {
  readonly cache: CacheBackend;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  /** Deadline of the whole removal. */
  readonly timeoutMs: Milliseconds;
}

/** How often a broken connection is replaced within one removal. */
const mostConnections = 3;

/**
 * Removes whatever stands at the keys, but leaves the holds of others: they hide the old value already, and their writer removes them.
 * Values and leases are deleted by token, after a look, and looked at again when somebody was faster: so nothing is
 * ever deleted that was not seen, and no request is sent twice.
 *
 * @returns the cache keys for which it is confirmed that nothing older than this call is served or can be filled.
 */
export async function remove(
  removables: readonly Removable[],
  options: RemovalOptions,
): Promise<Set<string>> {
  const groups = groupByPartition(removables, options.nodes);
  const confirmed = new Set<string>();
  await Promise.all(
    [...groups].map(([partition, group]) => removeFromNode(partition, group, options, confirmed)),
  );
  return confirmed;
}

async function removeFromNode(
  partition: string,
  group: readonly Removable[],
  options: RemovalOptions,
  confirmed: Set<string>,
): Promise<void> {
  const deadline = new Deadline(options.clock, options.timeoutMs);
  let pending = await removeOwnHolds(partition, group, options, deadline, confirmed);
  for (let connection = 0; pending.length > 0 && connection < mostConnections; ) {
    if (deadline.passed || !options.nodes.usable(partition)) return;
    try {
      pending = await lookAndDelete(pending, options, deadline, confirmed);
      options.nodes.succeeded(partition);
    } catch (error) {
      connection += 1;
      // A broken connection may be replaced within the deadline: nothing is sent twice, the next round looks again.
      if (connection === mostConnections || deadline.passed) options.nodes.failed(partition, error);
    }
  }
}

/** The quick way, one round trip: the token of one's own hold is known. What it does not settle is looked at. */
async function removeOwnHolds(
  partition: string,
  group: readonly Removable[],
  options: RemovalOptions,
  deadline: Deadline,
  confirmed: Set<string>,
): Promise<readonly Removable[]> {
  if (!options.nodes.usable(partition)) return group;
  await Promise.allSettled(
    group.map(async ({ cacheKey, token }) => {
      if (token === undefined) return;
      if (
        await bounded(options, deadline, (timeoutMs) => options.cache.delete(cacheKey, token, { timeoutMs }))
      ) {
        confirmed.add(cacheKey);
      }
    }),
  );
  return group.filter(({ cacheKey }) => !confirmed.has(cacheKey));
}

/** One round: look at all, delete by token what has to go. Returns those that have to be looked at again. */
async function lookAndDelete(
  pending: readonly Removable[],
  options: RemovalOptions,
  deadline: Deadline,
  confirmed: Set<string>,
): Promise<readonly Removable[]> {
  const { cache } = options;
  const entries = await bounded(options, deadline, (timeoutMs) =>
    cache.getMany(
      pending.map(({ cacheKey }) => cacheKey),
      { timeoutMs },
    ),
  );
  const again: Removable[] = [];
  await Promise.all(
    pending.map(async (removable) => {
      const { cacheKey } = removable;
      const entry = entries.get(cacheKey);
      const verdict = entry === undefined ? "done" : judge(entry, removable);
      if (verdict === "done" || entry === undefined) confirmed.add(cacheKey);
      else if (verdict === "delete") {
        if (
          await bounded(options, deadline, (timeoutMs) => cache.delete(cacheKey, entry.token, { timeoutMs }))
        ) {
          confirmed.add(cacheKey);
        } else again.push(removable);
      }
    }),
  );
  return again;
}

/** `"leave"` stays unconfirmed: a kind that this version does not know may be anything. */
function judge(entry: CacheEntry, removable: Removable): "done" | "delete" | "leave" {
  switch (kindOf(entry.bytes)) {
    case "hold":
      return removable.hold !== undefined && Buffer.compare(entry.bytes, removable.hold) === 0
        ? "delete"
        : "done";
    case "unknown":
      return "leave";
    default:
      return "delete";
  }
}

function bounded<T>(
  options: RemovalOptions,
  deadline: Deadline,
  call: (timeoutMs: Milliseconds) => Promise<T>,
): Promise<T> {
  const timeoutMs = deadline.remainingMs();
  return withDeadline(options.clock, timeoutMs, call(timeoutMs), cacheLate);
}

/** The error of a cache step that missed its deadline. */
export function cacheLate(): AsideError {
  return new AsideError("CACHE_TIMEOUT", "The cache did not answer within its deadline.");
}

function groupByPartition(removables: readonly Removable[], nodes: CacheNodes): Map<string, Removable[]> {
  const groups = new Map<string, Removable[]>();
  for (const removable of removables) {
    const partition = nodes.partitionOf(removable.cacheKey);
    const group = groups.get(partition);
    if (group === undefined) groups.set(partition, [removable]);
    else group.push(removable);
  }
  return groups;
}
