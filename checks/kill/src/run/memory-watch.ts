import type { Cluster } from "./cluster.js";

const everyMs = 60_000;
/** A worker may be stopped for some seconds. */
const answerTimeoutMs = 20_000;
/** What may come after the first minute: caches of the runtime fill up, and the heap is not measured to the byte. */
const mostHeapGrowth = { share: 0.2, bytes: 4e6 };
/** Pages that the allocator keeps come on top. */
const mostRssGrowth = { share: 0.25, bytes: 24e6 };

interface Sample {
  readonly worker: string;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** Asks the workers that last how much memory they use, each minute and at the end, prints it, and judges whether it grows. */
export class MemoryWatch {
  readonly #cluster: Cluster;
  readonly #lasting: number;
  readonly #samples: (readonly Sample[])[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: Cluster, lasting: number) {
    this.#cluster = cluster;
    this.#lasting = lasting;
  }

  start(): void {
    if (this.#lasting === 0) return;
    this.#timer = setInterval(() => {
      this.#sample().catch((error: unknown) => this.#cluster.defects.push(`memory: ${String(error)}`));
    }, everyMs);
  }

  /** Asks no more by itself. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Asks a last time. */
  async finish(): Promise<void> {
    if (this.#lasting > 0) await this.#sample();
  }

  /** Compares the end with the first one, in which everything has warmed up. */
  *defects(): Generator<string> {
    const last = this.#samples.at(-1) ?? [];
    for (const [index, before] of (this.#samples[0] ?? []).entries()) {
      const after = last[index];
      if (after === undefined) continue;
      if (after.heapBytes > before.heapBytes * (1 + mostHeapGrowth.share) + mostHeapGrowth.bytes)
        yield `the heap of ${after.worker} grew from ${mb(before.heapBytes)} to ${mb(after.heapBytes)} MB`;
      if (after.rssBytes > before.rssBytes * (1 + mostRssGrowth.share) + mostRssGrowth.bytes)
        yield `the memory of ${after.worker} grew from ${mb(before.rssBytes)} to ${mb(after.rssBytes)} MB`;
    }
  }

  async #sample(): Promise<void> {
    const workers = this.#cluster.workers.slice(0, this.#lasting);
    const samples = await Promise.all(
      workers.map(async (worker): Promise<Sample> => {
        const answer = await worker.ask({ type: "memory" }, "memory", answerTimeoutMs);
        return { worker: worker.name, ...answer };
      }),
    );
    this.#samples.push(samples);
    const texts = samples.map(
      ({ worker, heapBytes, rssBytes }) => `${worker} heap ${mb(heapBytes)} MB, rss ${mb(rssBytes)} MB`,
    );
    console.log(`memory, ${this.#samples.length}: ${texts.join("; ")}`);
  }
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
