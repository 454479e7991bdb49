import type { CacheBackend } from "../src/backend/cache-backend.js";
import type { Observer, StoreEvent } from "../src/backend/observer.js";
import { EncodedValue } from "../src/entry/encoded-value.js";
import { EntryFormat } from "../src/entry/entry-format.js";
import { KeySpace } from "../src/entry/key-space.js";
import { richJsonCodec } from "../src/entry/rich-json-codec.js";
import { Background } from "../src/flow/background.js";
import { BoundedCache } from "../src/flow/bounded-cache.js";
import { CacheNodes } from "../src/flow/cache-nodes.js";
import { Fills } from "../src/flow/fills.js";
import { Generations } from "../src/flow/generations.js";
import type { Load, Loaded } from "../src/flow/load.js";
import { NearCache } from "../src/flow/near-cache.js";
import { ReadPath } from "../src/flow/read-path.js";
import { Refreshes } from "../src/flow/refreshes.js";
import { remove } from "../src/flow/removal.js";
import { TrustedCache } from "../src/flow/trusted-cache.js";
import type { Clock } from "../src/time/clock.js";

/** The one key that is read. */
export const key = new KeySpace("s", 250).finalKey("k");
export const { cacheKey } = key;

/** What a caller wants kept or not; by default nothing special. */
export type Wishes = Partial<Omit<Load, "run">>;

/** A database of one row, whose reads a test can stop. */
export class Row {
  text: string | undefined = "v0";
  loads = 0;
  ttlMs = 60_000;
  failure: Error | undefined;
  #gates: Promise<void>[] = [];

  /** Stops the next load after it has read, until `go` is called. */
  stopNextReply(): { go: () => void } {
    let go!: () => void;
    this.#gates.push(
      new Promise((resolve) => {
        go = resolve;
      }),
    );
    return { go };
  }

  readonly run = async (): Promise<Loaded> => {
    this.loads += 1;
    const { text, failure } = this;
    await this.#gates.shift();
    if (failure !== undefined) throw failure;
    const value = text === undefined ? undefined : EncodedValue.of(text, richJsonCodec);
    return { value, version: undefined, expiresAtMs: undefined, source: "database", ttlMs: this.ttlMs };
  };
}

export function loadOf(run: () => Promise<Loaded>, wishes: Wishes = {}): Load {
  return { run, staleIfErrorMs: 0, softTimeoutMs: undefined, refreshBeforeMs: 0, ...wishes };
}

export interface ProcessOptions {
  readonly near?: { readonly ttlMs: number; readonly maxEntries: number; readonly maxBytes: number };
  readonly clearable?: boolean;
}

/** The read path of one store in one process. */
export class Process {
  readonly clock: Clock;
  readonly background = new Background();
  readonly nodes: CacheNodes;
  readonly reads: ReadPath;
  readonly near: NearCache | undefined;
  readonly generations: Generations;
  readonly events: StoreEvent[] = [];

  constructor(cache: CacheBackend, clock: Clock, { near, clearable = false }: ProcessOptions = {}) {
    this.clock = clock;
    const observer: Observer = { active: true, emit: (event) => this.events.push(event) };
    this.nodes = new CacheNodes({ cache, clock, observer, clean: async () => true, longestPauseMs: 1_000 });
    this.near = near && new NearCache({ clock, ...near });
    this.generations = new Generations({ store: "s", nodes: this.nodes, maxKeyBytes: 250, clearable });
    const shared = {
      store: "s",
      cache: new BoundedCache(cache, clock),
      nodes: this.nodes,
      near: this.near,
      clock,
      observer,
      background: this.background,
      format: new EntryFormat({ schemaVersion: 0, compressAboveBytes: 65_536 }),
      codec: richJsonCodec,
      ttlJitter: 0,
      cacheTimeoutMs: 250,
      leaseTtlMs: 9_000,
      leaseWaitMs: 1_000,
    };
    const trusted = new TrustedCache(shared);
    const fills = new Fills(shared);
    this.reads = new ReadPath({
      ...shared,
      trusted,
      fills,
      refreshes: new Refreshes({ ...shared, trusted, fills }),
    });
  }

  async read(row: Row, wishes: Wishes = {}, tags: readonly string[] = []): Promise<string | undefined> {
    const seedKeys = this.generations.seedKeysOf(cacheKey, tags);
    const { value } = await this.reads.read(key, seedKeys, loadOf(row.run, wishes));
    return value?.take() as string | undefined;
  }

  /** How many reads and refreshes ended in `outcome`. */
  count(type: StoreEvent["type"], outcome?: string): number {
    return this.events.filter(
      (event) =>
        event.type === type && (outcome === undefined || JSON.stringify(event).includes(`"${outcome}"`)),
    ).length;
  }
}

/** What a writer does once its commit is done and its hold is gone: whatever stands at the keys is removed. */
export async function removeFrom(
  cache: CacheBackend,
  { nodes, clock }: Process,
  cacheKeys: readonly string[] = [cacheKey],
): Promise<boolean> {
  const bounded = new BoundedCache(cache, clock);
  const removables = cacheKeys.map((one) => ({ cacheKey: one }));
  const { confirmed } = await remove(removables, { cache: bounded, nodes, clock, timeoutMs: 250 });
  return cacheKeys.every((one) => confirmed.has(one));
}
