const slabBytes = 64 * 1024;
const longestSharedBytes = 8 * 1024;

/**
 * Memory for the values that are read. Short ones share a slab, which is made eight times less often than with the pool of Node.js, and
 * goes when the last of its values does: whoever keeps one short value for long keeps 64 KiB.
 */
export class ValueRoom {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Memory that nobody else has, with whatever stood there before. */
  take(bytes: number): Buffer {
    if (bytes > longestSharedBytes) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return this.#slab.subarray(start, this.#used);
  }
}
