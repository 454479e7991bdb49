import { setTimeout as wait } from "node:timers/promises";
import { type KnexCollection, KnexDatabase } from "@aside/knex";
import { type MariaDbServer, startMariaDb } from "@aside/test-servers";
import knexFactory, { type Knex } from "knex";
import type { DatabaseWorld, Row } from "./database-world.js";
import { LockWatch } from "./lock-watch.js";
import { keys } from "./make-database-steps.js";

/** What a statement takes that waits for nobody. */
const usualMs = 15;

/** A MariaDB with a database for each lane. Disposing of it stops it. */
export class RealDatabaseServer implements AsyncDisposable {
  readonly #server: MariaDbServer;
  readonly #watch: LockWatch;
  readonly #lanes: readonly Lane[];
  #collections = 0;

  private constructor(server: MariaDbServer, watch: LockWatch, lanes: readonly Lane[]) {
    this.#server = server;
    this.#watch = watch;
    this.#lanes = lanes;
  }

  static async start(lanes: number): Promise<RealDatabaseServer> {
    const server = await startMariaDb();
    try {
      const opened = await Promise.all(Array.from({ length: lanes }, (_, lane) => openLane(server, lane)));
      return new RealDatabaseServer(server, await LockWatch.start(server.url), opened);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /**
   * A collection in the database of the lane, with no row but one between any two keys: InnoDB may lock the gap around a row that is gone (a
   * lock that was waited for in vain is inherited by the gap), and that is to concern no other key.
   */
  async open(lane: number): Promise<DatabaseWorld> {
    this.#collections += 1;
    const name = `conformance-${this.#collections}`;
    const { name: database, clients } = this.#lanes[lane] as Lane;
    const collection = (client: Client): KnexCollection<Row> => client.database.collection<Row>(name);
    const watch = this.#watch;
    const rows = [collection(clients[0]), collection(clients[1])] as const;
    for (const key of ["", ...keys]) await rows[0].write(`${key}+`, { id: "between" });
    return {
      clients: rows,
      logName: name,
      nowMs: () => Date.now(),
      async settle(underWay) {
        const left = new Set(underWay);
        for (const call of underWay) {
          const done = () => void left.delete(call);
          call.then(done, done);
        }
        for (let first = true; left.size > 0; first = false) {
          await Promise.race([Promise.allSettled(left), wait(usualMs)]);
          if (left.size === 0) return;
          if (!first && left.size === (await watch.waiting(database))) return;
        }
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { clients } of this.#lanes) {
      for (const { database, knex } of clients) {
        await database.close();
        await knex.destroy();
      }
    }
    await this.#watch[Symbol.asyncDispose]();
    await this.#server.stop();
  }
}

interface Client {
  readonly knex: Knex;
  readonly database: KnexDatabase;
}

interface Lane {
  readonly name: string;
  readonly clients: readonly [Client, Client];
}

async function openLane(server: MariaDbServer, lane: number): Promise<Lane> {
  const name = `conformance_${lane}`;
  await server.createDatabase(name);
  const { host, port, user, password } = server;
  const open = (): Client => {
    const knex = knexFactory({
      client: "mysql2",
      connection: { host, port, user, password, database: name },
      pool: { min: 0, max: 3 },
    });
    return { knex, database: new KnexDatabase(knex) };
  };
  const clients = [open(), open()] as const;
  await clients[0].database.ensureSchema();
  return { name, clients };
}
