import type { Milliseconds } from "@aside/core";
import type { Knex } from "knex";
import type { Dialect, Session, SessionLimits } from "./dialect/dialect.js";
import { AcquireTimeout, PoolDestroyed } from "./failure.js";

/** The part of Knex's client that is used here (`knex/lib/client.js`). Knex's own transactions rest on it, too. */
interface PoolClient {
  readonly pool?: unknown;
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
}

/** Lends connections of a Knex instance, each prepared once, and bounds the wait for them. */
export class ConnectionPool {
  readonly #client: PoolClient;
  readonly #dialect: Dialect;
  readonly #limits: SessionLimits;
  readonly #acquireTimeoutMs: Milliseconds;
  /** By connection, since the pool lends the same ones again and again. */
  readonly #sessions = new WeakMap<object, Session>();

  constructor(knex: Knex, dialect: Dialect, limits: SessionLimits, acquireTimeoutMs: Milliseconds) {
    this.#client = knex.client as PoolClient;
    this.#dialect = dialect;
    this.#limits = limits;
    this.#acquireTimeoutMs = acquireTimeoutMs;
  }

  /** Borrows a connection. Rejects with errors of the driver, `AcquireTimeout` or `PoolDestroyed`, not yet translated. */
  async acquire(): Promise<Session> {
    const connection = await this.#connection();
    try {
      let session = this.#sessions.get(connection);
      if (session === undefined) {
        session = await this.#dialect.session(connection, this.#limits);
        this.#sessions.set(connection, session);
      }
      session.enter();
      return session;
    } catch (error) {
      this.#giveBack(connection);
      throw error;
    }
  }

  release(session: Session): void {
    try {
      session.leave();
    } catch {
      session.destroy();
    }
    this.#giveBack(session.connection);
  }

  /** Gives back a connection that nobody may use again. */
  discard(session: Session): void {
    session.destroy();
    this.#giveBack(session.connection);
  }

  #connection(): Promise<object> {
    if (this.#client.pool === undefined) return Promise.reject(new PoolDestroyed("the pool was destroyed"));
    return new Promise((resolve, reject) => {
      let waiting = true;
      const timer = this.#limits.clock.after(this.#acquireTimeoutMs, () => {
        waiting = false;
        reject(new AcquireTimeout("no connection came free"));
      });
      this.#client.acquireConnection().then(
        (connection) => {
          timer.cancel();
          // The pool cannot be told to forget a wait; what comes after it goes straight back.
          if (waiting) resolve(connection);
          else this.#giveBack(connection);
        },
        (error: unknown) => {
          timer.cancel();
          if (waiting) reject(error);
        },
      );
    });
  }

  #giveBack(connection: object): void {
    this.#client.releaseConnection(connection).catch(ignored);
  }
}

/** A pool that was destroyed meanwhile has closed the connection already. */
function ignored(): void {}
