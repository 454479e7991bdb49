import { join } from "node:path";
import { type MariaDbServer, startMariaDb, type TestServer } from "@aside/test-servers";
import { History } from "../history/history.js";
import { readHistoryFile } from "../history/read-history-file.js";
import { RunClock } from "../history/run-clock.js";
import type { Register } from "../oracle/register.js";
import { registers } from "../plan/keys.js";
import type { Breakage, TransportName } from "../worker/messages.js";
import { openCache, seedDatabase } from "../worker/stores.js";
import { type CacheNode, startCacheNode } from "./cache-node.js";
import { ProcessGuard } from "./process-guard.js";
import { WorkerProcess } from "./worker-process.js";

export interface ClusterOptions {
  readonly workers: number;
  readonly seed: number;
  readonly breakage: Breakage | undefined;
  /** How many memcacheds share the keys. */
  readonly nodes: number;
  /** Whether the network between the workers and the nodes can be cut: they are proxied then. */
  readonly cuts: boolean;
  readonly transport: TransportName;
  /** Existing folder for the history, which stays. Default: one that goes with the run. */
  readonly historyFolder: string | undefined;
}

const readyTimeoutMs = 20_000;

/** The servers and workers of one run, and the folder for what they tell. Disposing of it leaves nothing behind. */
export class Cluster implements AsyncDisposable {
  readonly clock: RunClock;
  /** What went wrong with processes. */
  readonly defects: string[] = [];
  readonly #beganNs = process.hrtime.bigint();
  readonly #options: ClusterOptions;
  readonly #guard = new ProcessGuard("aside-check-kill");
  readonly #names: string[] = [];
  /** By slot: each is taken by one worker after the other. */
  readonly #workers: WorkerProcess[] = [];
  readonly #servers: TestServer[] = [];
  readonly #nodes: CacheNode[] = [];
  #database: MariaDbServer | undefined;

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.clock = new RunClock(this.#beganNs);
  }

  /** Starts the servers, makes the rows and starts the workers. After a failure nothing is left. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.#open();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The nodes of the cache. */
  get nodes(): readonly CacheNode[] {
    return this.#nodes;
  }

  /** What the oracle checks, each with the node that has its key. */
  async registers(): Promise<Register[]> {
    await using cache = openCache(this.#options.transport, this.#cacheServers());
    return registers.map((register) => ({ ...register, node: cache.partitionOf(register.cacheKey) }));
  }

  get database(): MariaDbServer {
    return this.#database as MariaDbServer;
  }

  /** The workers that run at present, by slot. */
  get workers(): readonly WorkerProcess[] {
    return this.#workers;
  }

  /** Starts the next worker of a slot; resolves when it is at work. */
  async startWorker(slot: number, idle = false): Promise<WorkerProcess> {
    const name = `w${slot}.${this.#names.length}`;
    this.#names.push(name);
    const worker = new WorkerProcess(
      {
        type: "start",
        name,
        historyPath: this.#historyPath(name),
        beganNs: String(this.#beganNs),
        cacheServers: this.#cacheServers(),
        transport: this.#options.transport,
        databaseUrl: this.database.url,
        seed: this.#options.seed + 7_919 * this.#names.length,
        breakage: this.#options.breakage,
        idle,
      },
      this.#guard,
      (what) => this.defects.push(what),
    );
    this.#workers[slot] = worker;
    await worker.ask(undefined, "ready", readyTimeoutMs);
    return worker;
  }

  /** What all workers have written so far. */
  async readHistory(): Promise<History> {
    const history = new History();
    for (const name of this.#names) history.add(name, await readHistoryFile(this.#historyPath(name)));
    return history;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.#guard[Symbol.asyncDispose]();
    await Promise.all(this.#nodes.map((node) => node[Symbol.asyncDispose]()));
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  async #open(): Promise<void> {
    for (let count = 0; count < this.#options.nodes; count += 1) {
      this.#nodes.push(await startCacheNode(this.#options.cuts));
    }
    this.#database = await startMariaDb({ args: ["--innodb-lock-wait-timeout=2"] });
    this.#servers.push(this.#database);
    await seedDatabase(this.#database.url);
    await Promise.all(Array.from({ length: this.#options.workers }, (_, slot) => this.startWorker(slot)));
  }

  #cacheServers(): string[] {
    return this.#nodes.map(({ address }) => address);
  }

  #historyPath(name: string): string {
    return join(this.#options.historyFolder ?? this.#guard.folder, `${name}.jsonl`);
  }
}
