import type { CacheEntry, CasToken } from "../backend/cache-backend.js";
import { kindOf } from "../entry/entry-kind.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { BoundedCache } from "./bounded-cache.js";
import type { CacheNodes } from "./cache-nodes.js";
import { Deadline } from "./deadline.js";

/** One place of a key (`CacheNodes.placesOf`) to be removed, and the hold that the remover itself placed there. */
export interface Removable {
  readonly cacheKey: string;
  /** Bytes of the remover's own hold. Absent for the relay and for plain invalidations. */
  readonly hold?: Uint8Array | undefined;
  /** Token of that hold, where it is known to be its latest. */
  readonly token?: CasToken | undefined;
}

export interface RemovalOptions {
  readonly cache: BoundedCache;
  readonly nodes: CacheNodes;
  readonly clock: Clock;
  /** Deadline of the whole removal. */
  readonly timeoutMs: Milliseconds;
  /** The removal is part of the cleaning of its node, so goes on where others leave the node alone. Default: `false`. */
  readonly cleaning?: boolean | undefined;
}

/** What became of the places of the keys. What is in neither set is not confirmed. */
export interface Removed {
  /** Nothing older than the call is served, or can be filled. */
  readonly confirmed: ReadonlySet<string>;
  /** An entry of a kind stands there that this version does not know. Its readers take it for a hold, but it may be anything. */
  readonly hidden: ReadonlySet<string>;
}

/** The places of the keys, each once, for a remover without holds. */
export function placesToRemove(nodes: CacheNodes, cacheKeys: Iterable<string>): readonly Removable[] {
  const places = new Set([...cacheKeys].flatMap((cacheKey) => nodes.placesOf(cacheKey)));
  return [...places].map((cacheKey) => ({ cacheKey }));
}

/** How often a broken connection is replaced within one removal. */
const mostConnections = 3;

/**
 * Removes whatever stands at the keys, but leaves the holds of others: they hide the old value already, and their writer removes them.
 * Values and leases are deleted by token, after a look, and looked at again when somebody was faster: so nothing is
 * ever deleted that was not seen, and no request is sent twice. Never rejects.
 */
export async function remove(removables: readonly Removable[], options: RemovalOptions): Promise<Removed> {
  const confirmed = new Set<string>();
  const hidden = new Set<string>();
  const groups = options.nodes.byPartition(removables, ({ cacheKey }) => cacheKey);
  await Promise.all(
    [...groups].map(([partition, group]) =>
      new NodeRemoval(partition, options, confirmed, hidden).remove(group),
    ),
  );
  return { confirmed, hidden };
}

/** The removal of keys of one node. */
class NodeRemoval {
  readonly #partition: string;
  readonly #options: RemovalOptions;
  readonly #deadline: Deadline;
  readonly #confirmed: Set<string>;
  readonly #hidden: Set<string>;

  constructor(partition: string, options: RemovalOptions, confirmed: Set<string>, hidden: Set<string>) {
    this.#partition = partition;
    this.#options = options;
    this.#deadline = new Deadline(options.clock, options.timeoutMs);
    this.#confirmed = confirmed;
    this.#hidden = hidden;
  }

  async remove(group: readonly Removable[]): Promise<void> {
    const { nodes, cleaning = false } = this.#options;
    if (!cleaning && !nodes.usable(this.#partition)) return;
    if (this.#deadline.passed) return; // nothing is asked, so nothing is known of the node either
    let failure: unknown;
    for (let broken = 0; broken < mostConnections && !this.#deadline.passed; ) {
      try {
        // The quick way first, one round trip: the token of one's own hold is known. Once only, a delete is never sent again.
        if (broken === 0) {
          await this.#each(group, async ({ cacheKey, token }) => token && this.#delete(cacheKey, token));
        }
        while (this.#open(group).length > 0 && !this.#deadline.passed)
          await this.#lookAndDelete(this.#open(group));
        failure = undefined;
        break;
      } catch (error) {
        // A broken connection is replaced within the deadline: nothing is sent twice, the next round looks again.
        failure = error;
        broken += 1;
      }
    }
    if (failure === undefined) nodes.succeeded(this.#partition);
    else nodes.failed(this.#partition, failure);
  }

  /** One round: looks at all, deletes by token what has to go. */
  async #lookAndDelete(open: readonly Removable[]): Promise<void> {
    const keys = open.map(({ cacheKey }) => cacheKey);
    const entries = await this.#options.cache.getMany(keys, this.#deadline.remainingMs());
    await this.#each(open, async (removable) => {
      const { cacheKey } = removable;
      const entry = entries.get(cacheKey);
      const verdict = judge(entry, removable);
      if (verdict === "hidden") this.#hidden.add(cacheKey);
      else if (verdict === "done") this.#confirmed.add(cacheKey);
      else await this.#delete(cacheKey, verdict.token);
    });
  }

  async #delete(cacheKey: string, token: CasToken): Promise<void> {
    if (await this.#options.cache.delete(cacheKey, token, this.#deadline.remainingMs()))
      this.#confirmed.add(cacheKey);
  }

  /** Does `step` for all that are open, lets every one end, then passes a failure on. */
  async #each(group: readonly Removable[], step: (removable: Removable) => Promise<unknown>): Promise<void> {
    const results = await Promise.allSettled(this.#open(group).map(step));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  #open(group: readonly Removable[]): readonly Removable[] {
    return group.filter(({ cacheKey }) => !this.#confirmed.has(cacheKey) && !this.#hidden.has(cacheKey));
  }
}

/** The entry that has to go; or nothing has to. */
function judge(entry: CacheEntry | undefined, removable: Removable): CacheEntry | "done" | "hidden" {
  if (entry === undefined) return "done";
  switch (kindOf(entry.bytes)) {
    case "hold":
      return removable.hold !== undefined && Buffer.compare(entry.bytes, removable.hold) === 0
        ? entry
        : "done";
    case "unknown":
      return "hidden";
    default:
      return entry;
  }
}
