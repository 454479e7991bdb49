import { setTimeout as sleep } from "node:timers/promises";
import type { ReadSource, Seen } from "../history/history-event.js";
import { briefKeys, pairs, partRegister, slots, tallyKeys } from "../plan/keys.js";
import type { Random } from "../plan/random.js";
import { OwnSqlError } from "./own-sql-error.js";
import type { Recorder, WriteUnderWay } from "./recorder.js";
import { type Mark, type Part, partsTable, type Stores } from "./stores.js";

/** How long slow commits take: shorter than others wait for the row's lock, longer than a hold lives without renewal. */
const lingers: readonly (readonly [weight: number, span: readonly [leastMs: number, mostMs: number]])[] = [
  [60, [5, 60]],
  [30, [100, 600]],
  [10, [1_000, 1_800]],
];
/** Names the part in a transaction that makes it slow. */
const lingerPart = {};

type RowStore = "tally" | "brief" | "slots";

const rowKeys: readonly (readonly [RowStore, string])[] = [
  ...tallyKeys.map((key) => ["tally", key] as const),
  ...briefKeys.map((key) => ["brief", key] as const),
  ...slots.map(({ number }) => ["tally", number] as const),
  ...slots.map(({ key }) => ["slots", key] as const),
];

/** The reads and writes of the check, each recorded. None rejects. */
export class Operations {
  readonly #stores: Stores;
  readonly #recorder: Recorder;
  readonly #random: Random;
  #persisting = false;

  constructor(stores: Stores, recorder: Recorder, random: Random) {
    this.#stores = stores;
    this.#recorder = recorder;
    this.#random = random;
  }

  async readSomething(): Promise<void> {
    const random = this.#random;
    const operation = random.weighted<() => Promise<unknown>>([
      [64, () => this.#get(...random.pick(rowKeys))],
      [15, () => this.#getMany()],
      [17, () => this.#loadPair(random.pick(pairs))],
    ]);
    await operation();
  }

  /** Reads a row past the cache: it sees at once what the cache may still hide. */
  async witness(): Promise<void> {
    await this.#getInTransaction(...this.#random.pick(rowKeys));
  }

  async writeSomething(): Promise<void> {
    const random = this.#random;
    const operation = random.weighted<() => Promise<unknown>>([
      [39, () => this.#count("tally", random.pick(tallyKeys))],
      [6, () => this.#countSlowly(random.pick(tallyKeys))],
      [15, () => this.#count("brief", random.pick(briefKeys))],
      [20, () => this.#writeSlot(random.pick(slots))],
      [20, () => this.#persist()],
    ]);
    await operation();
  }

  /** Reads every register once. `fromCache`: the cache answered for all. */
  async readAll(): Promise<{ readonly seen: readonly Seen[]; readonly fromCache: boolean }> {
    const reads = await Promise.all([
      ...rowKeys.map(([store, key]) => this.#get(store, key)),
      ...pairs.map((pair) => this.#loadPair(pair)),
    ]);
    const sources = new Set<ReadSource | undefined>(reads.map((read) => read?.source));
    return {
      seen: reads.flatMap((read) => read?.seen ?? []),
      fromCache: sources.size === 1 && sources.has("cache"),
    };
  }

  #get(store: RowStore, key: string) {
    return this.#recorder.read(async () => [seenMark(store, key, await this.#stores[store].get(key))]);
  }

  #getMany() {
    const keys = tallyKeys.filter(() => this.#random.next() < 0.7);
    if (keys.length === 0) return Promise.resolve(undefined);
    return this.#recorder.read(async () => {
      const found = await this.#stores.tally.getMany(keys);
      return keys.map((key) => seenMark("tally", key, found.get(key)));
    });
  }

  #getInTransaction(store: RowStore, key: string) {
    return this.#recorder.read(() =>
      this.#stores.database.run(async () => [seenMark(store, key, await this.#stores[store].get(key))]),
    );
  }

  #loadPair({ key, parts }: (typeof pairs)[number]) {
    const { pairs: store, database } = this.#stores;
    return this.#recorder.read(async () => {
      const select = () =>
        database
          .reader()<Part>(partsTable)
          .whereIn("id", [...parts])
          .select("id", "n", "by");
      const loaded = await store.load(key, () => ownSql(async () => plain(await select())));
      return (loaded ?? []).map(({ id, n, by }) => ({ register: partRegister(key, id), state: n, by }));
    });
  }

  #count(store: "tally" | "brief", key: string): Promise<void> {
    return this.#recorder.write(`update ${store}:${key}`, (write) =>
      this.#stores[store].update(key, (current) => oneMore(current, write)),
    );
  }

  /**
   * The same in a transaction whose commit is slow to come after the hold was placed: so that faults fall between the two, holds
   * have to be renewed, and some run out while the process stands still.
   */
  #countSlowly(key: string): Promise<void> {
    const { tally, database } = this.#stores;
    const lingerMs = this.#random.between(...this.#random.weighted(lingers));
    return this.#recorder.write(`update tally:${key}, commit ${Math.round(lingerMs)} ms later`, (write) =>
      database.run(async () => {
        await tally.update(key, (current) => oneMore(current, write));
        // Comes after the store, and so lingers after the hold.
        database.current()?.participant(lingerPart, () => ({
          beforeCommit: () => sleep(lingerMs),
          afterEnd: async () => undefined,
        }));
      }),
    );
  }

  #writeSlot({ key, number }: (typeof slots)[number]): Promise<void> {
    const { tally, slots: store, database } = this.#stores;
    const removes = this.#random.next() < 0.4;
    return this.#recorder.write(`${removes ? "delete" : "set"} slots:${key}`, (write) =>
      database.run(async () => {
        const { n } = (await tally.update(number, (current) => oneMore(current, write))) as Mark;
        write.announce(`slots:${key}`, n, removes);
        await (removes ? store.delete(key) : store.set(key, { n, by: write.id }));
        write.follow(database.current());
      }),
    );
  }

  /** One at a time in each process, so that it is certain whose hold is whose: no row lock orders the writers of a derived key. */
  async #persist(): Promise<void> {
    if (this.#persisting) return this.#count("tally", this.#random.pick(tallyKeys));
    this.#persisting = true;
    await this.#writePart(this.#random.pick(pairs));
    this.#persisting = false;
  }

  #writePart({ key, parts }: (typeof pairs)[number]): Promise<void> {
    const { pairs: store, database } = this.#stores;
    const id = this.#random.pick<string>(parts);
    return this.#recorder.write(`persist pairs:${key}/${id}`, (write) =>
      store.persist(
        async () => {
          const sql = database.connection();
          const part = await ownSql(async () => {
            await sql<Part>(partsTable)
              .where({ id })
              .update({ n: sql.raw("n + 1"), by: write.id });
            return sql<Part>(partsTable).where({ id }).first("n");
          });
          write.announce(partRegister(key, id), (part as Part).n);
        },
        () => {
          write.follow(database.current());
          return [key];
        },
      ),
    );
  }
}

/** The row that is written announces it: an update may be overtaken, and then makes another one. */
function oneMore(current: Mark | undefined, { id }: WriteUnderWay): Mark {
  return { n: (current?.n ?? 0) + 1, by: id };
}

/** An error of the check's own SQL, which the library passes on as it is. */
async function ownSql<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new OwnSqlError((error as { readonly code?: string }).code ?? "without a code");
  }
}

/** Values as they come from a driver are objects of classes of its own. */
function plain(rows: readonly Pick<Part, "id" | "n" | "by">[]): readonly Part[] {
  return rows.map(({ id, n, by }) => ({ id, n, by }));
}

function seenMark(store: RowStore, key: string, mark: Mark | undefined): Seen {
  const register = `${store}:${key}`;
  return mark === undefined ? { register, state: "absent" } : { register, state: mark.n, by: mark.by };
}
