import { KeySpace } from "../entry/key-space.js";
import { AsideError } from "../errors/aside-error.js";
import { BoundedMap } from "./bounded-map.js";
import type { CacheNodes } from "./cache-nodes.js";

export interface GenerationsOptions {
  readonly store: string;
  readonly nodes: CacheNodes;
  readonly maxKeyBytes: number;
  /** Whether the whole store is a generation too, so that it can be cleared. */
  readonly clearable: boolean;
}

/** Room behind a seed's key for what moves it to its partition. */
const suffixBytes = 8;
/** How many numbers are tried: enough for a node with a five-hundredth of all keys. */
const mostNumbers = 5_000;
/** How many seed keys are remembered. */
const mostRemembered = 10_000;

/**
 * Where the seeds of a store's generations are kept: for each tag, and for the store itself, one key on every partition, so that a seed always
 * comes in the same multi-get as the entry that it guards.
 */
export class Generations {
  readonly #nodes: CacheNodes;
  readonly #tags: KeySpace;
  readonly #whole: string;
  readonly #clearable: boolean;
  readonly #seedKeys = new BoundedMap<string, string>(mostRemembered);
  readonly #whileMoving = new BoundedMap<string, readonly string[]>(mostRemembered);

  constructor({ store, nodes, maxKeyBytes, clearable }: GenerationsOptions) {
    this.#nodes = nodes;
    // No key of a value has a tilde there: see KeySpace.
    this.#tags = new KeySpace(`${store}~tag`, maxKeyBytes - suffixBytes);
    this.#whole = `${store}~all`;
    this.#clearable = clearable;
  }

  /**
   * The seed keys of an entry at `cacheKey` under `tags`, in the order of the tags.
   * @throws {AsideError} `INVALID_KEY` for a tag that could be no key.
   */
  seedKeysOf(cacheKey: string, tags: readonly string[]): readonly string[] {
    if (tags.length === 0 && !this.#clearable) return none;
    const partition = this.#nodes.partitionOf(cacheKey);
    const generations = [...new Set(tags)].sort().map((tag) => this.#tags.finalKey(tag).cacheKey);
    if (this.#clearable) generations.push(this.#whole);
    return generations.map((generation) => {
      const seedKey = this.#seedKey(generation, partition);
      if (seedKey === undefined) throw unplaced(partition);
      return seedKey;
    });
  }

  /** The keys of all seeds of these tags. */
  seedKeysOfTags(tags: readonly string[]): readonly string[] {
    return tags.flatMap((tag) => this.#everywhere(this.#tags.finalKey(tag).cacheKey));
  }

  /** The keys of all seeds of the store itself. */
  seedKeysOfStore(): readonly string[] {
    return this.#everywhere(this.#whole);
  }

  #everywhere(generation: string): readonly string[] {
    if (this.#nodes.relocating) return this.#everywhereWhileMoving(generation);
    // A partition without a seed key owns no keys, so it has no entries either.
    return this.#nodes.partitions.flatMap((partition) => this.#seedKey(generation, partition) ?? []);
  }

  /**
   * The seed keys that this process would take, and those that processes take which know another list of servers: these place every key
   * elsewhere, so other numbers are the first of their partitions.
   */
  #everywhereWhileMoving(generation: string): readonly string[] {
    const known = this.#whileMoving.get(generation);
    if (known !== undefined) return known;
    const partitions: Set<string>[] = [];
    const seedKeys = new Set<string>();
    for (let number = 0; number < mostNumbers; number += 1) {
      const seedKey = `${generation}~${number}`;
      const [own = seedKey, ...others] = this.#nodes.placesOf(seedKey);
      // A key without another place is at the same one for everybody.
      for (const [list, place] of [own, ...(others.length > 0 ? others : [own])].entries()) {
        partitions[list] ??= new Set();
        const partition = this.#nodes.partitionOf(place);
        if (!partitions[list].has(partition)) seedKeys.add(seedKey);
        partitions[list].add(partition);
      }
    }
    this.#whileMoving.set(generation, [...seedKeys]);
    return [...seedKeys];
  }

  /** The first of the generation's numbered keys that `partition` owns: every process finds the same. */
  #seedKey(generation: string, partition: string): string | undefined {
    const remembered = `${generation} ${partition}`;
    const known = this.#seedKeys.get(remembered);
    if (known !== undefined) return known;
    for (let number = 0; number < mostNumbers; number += 1) {
      const seedKey = `${generation}~${number}`;
      if (this.#nodes.partitionOf(seedKey) !== partition) continue;
      this.#seedKeys.set(remembered, seedKey);
      return seedKey;
    }
    return undefined;
  }
}

const none: readonly string[] = [];

function unplaced(partition: string): AsideError {
  return new AsideError(
    "CONFIGURATION",
    `No key for a tag was found on the cache node ${partition}: its share of the keys is too small.`,
  );
}
