/** Reads many keys at once; keys without a value are not in the result. */
export type ReadMany<R> = (keys: readonly string[]) => Promise<ReadonlyMap<string, R>>;

export interface BatchReaderOptions {
  /** Whether an error is about the whole batch. One that is not is passed on to the key that it is about, after keys were read one by one. */
  readonly concernsAll: (error: unknown) => boolean;
}

interface Waiting<R> {
  readonly key: string;
  readonly resolve: (found: R | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers the reads of one tick into one. */
export class BatchReader<R> {
  readonly #readMany: ReadMany<R>;
  readonly #options: BatchReaderOptions;
  #waiting: Waiting<R>[] = [];

  /** @param readMany - bounded in time by whoever makes it. */
  constructor(readMany: ReadMany<R>, options: BatchReaderOptions) {
    this.#readMany = readMany;
    this.#options = options;
  }

  /** Resolves with `undefined` when there is nothing. */
  read(key: string): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#waiting.length > 1) return;
      process.nextTick(() => {
        const batch = this.#waiting;
        this.#waiting = [];
        void this.#readBatch(batch);
      });
    });
  }

  async #readBatch(batch: readonly Waiting<R>[]): Promise<void> {
    try {
      const found = await this.#readMany(batch.map(({ key }) => key));
      for (const { key, resolve } of batch) resolve(found.get(key));
    } catch (error) {
      if (batch.length > 1 && !this.#options.concernsAll(error)) {
        for (const one of batch) void this.#readBatch([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}
