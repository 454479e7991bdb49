import { setTimeout as wait } from "node:timers/promises";
import { createConnection } from "mysql2/promise";

/** The server makes its tables about locks anew only when nobody has read them for 100 ms. */
const everyMs = 120;

/** Tells how many transactions wait for locks in each database of a server, of which it is the only one to ask. */
export class LockWatch implements AsyncDisposable {
  readonly #connection: Awaited<ReturnType<typeof createConnection>>;
  #next: Promise<ReadonlyMap<string, number>> | undefined;
  #lastMs = 0;

  private constructor(connection: Awaited<ReturnType<typeof createConnection>>) {
    this.#connection = connection;
  }

  static async start(url: string): Promise<LockWatch> {
    return new LockWatch(await createConnection({ uri: url }));
  }

  /** How many wait in `database`, seen after this call. */
  async waiting(database: string): Promise<number> {
    this.#next ??= this.#look();
    return (await this.#next).get(database) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end();
  }

  async #look(): Promise<ReadonlyMap<string, number>> {
    await wait(Math.max(5, this.#lastMs + everyMs - performance.now()));
    // Whoever asks from here on asks for the next look.
    this.#next = undefined;
    const [rows] = await this.#connection.query({
      sql: `SELECT lock_table, COUNT(DISTINCT requesting_trx_id) FROM information_schema.INNODB_LOCK_WAITS
        JOIN information_schema.INNODB_LOCKS ON lock_id = requested_lock_id GROUP BY lock_table`,
      rowsAsArray: true,
    });
    this.#lastMs = performance.now();
    const waiting = new Map<string, number>();
    for (const [table, count] of rows as unknown as [string, number][]) {
      const database = table.split(".")[0]?.replaceAll("`", "") ?? "";
      waiting.set(database, (waiting.get(database) ?? 0) + Number(count));
    }
    return waiting;
  }
}
