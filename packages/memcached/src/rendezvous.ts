/**
 * Which node answers for a key: the one with the highest score of key and node (rendezvous hashing). A function of the key and the
 * set of names alone: the order of the list, and which nodes are up, play no part. Taking one node of `n` away moves
 * the keys of that node and no others.
 */
export class Rendezvous {
  readonly #names: readonly string[];
  readonly #seeds: readonly number[];

  /** @param names - at least one, all different. */
  constructor(names: readonly string[]) {
    // Sorted, so that even equal scores go to the same node in every process.
    this.#names = [...names].sort();
    this.#seeds = this.#names.map((name) => mix(hash(name)));
  }

  nodeOf(key: string): string {
    const keyHash = hash(key);
    let best = 0;
    let bestScore = -1;
    for (let index = 0; index < this.#seeds.length; index += 1) {
      const score = mix(keyHash ^ (this.#seeds[index] as number));
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    return this.#names[best] as string;
  }
}

/** FNV-1a, 32 bits, over the bytes of an ASCII string. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
