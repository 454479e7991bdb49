import type { AsyncResource } from "node:async_hooks";
import type { AsideError, Clock, Milliseconds } from "@aside/core";
import { closed, connectionLost, timedOut, unavailable } from "./memcached-errors.js";
import { maxValueBytesOf } from "./memcached-limits.js";
import { type NodeStats, serverStatsOf, type Traffic } from "./node-stats.js";
import { ReconnectBackoff } from "./reconnect-backoff.js";
import type { ServerFacts } from "./server-facts.js";

/** What a node needs of a connection, whatever it speaks. It stands for one socket and never for another one. */
export interface NodeConnection {
  readonly incarnation: number;
  /** Why the connection ended; `undefined` while it stands. */
  readonly ended: AsideError | undefined;
  /** Settles when the socket is gone. */
  readonly closed: Promise<void>;
  readonly traffic: Traffic;
  /** Settles when no call is under way, or after `withinMs`. */
  idle(withinMs: Milliseconds): Promise<void>;
  /** Ends the connection. Calls under way reject with `error`. */
  end(error: AsideError): void;
}

export interface MemcachedNodeOptions<Connection extends NodeConnection> {
  readonly clock: Clock;
  /** Default deadline of a call; also how long `close` waits for calls under way. */
  readonly timeoutMs: Milliseconds;
  readonly maxReconnectDelayMs: Milliseconds;
  /** Connections are made in this asynchronous context and not in that of the caller who happened to need one first. */
  readonly context: AsyncResource;
  /** Begins a connection. @param onEnd - to be called once, when it has ended and before its calls are settled. */
  readonly open: (onEnd: () => void) => Connection;
  /** Asks a new connection, by a deadline of its own, whether the server can keep the contract. Rejects where it cannot. */
  readonly greet: (connection: Connection) => Promise<ServerFacts>;
  /** Asks for the server's general statistics. */
  readonly stats: (connection: Connection, timeoutMs: Milliseconds) => Promise<ReadonlyMap<string, string>>;
}

/**
 * One memcached server and the one connection to it. Connects when somebody asks, never by itself; after a failure it is left alone
 * for a while, and calls in between fail at once.
 */
export class MemcachedNode<Connection extends NodeConnection> {
  readonly partition: string;
  readonly #options: MemcachedNodeOptions<Connection>;
  readonly #backoff: ReconnectBackoff;
  /** The connection that was probed and stands. */
  #ready: Connection | undefined;
  #readyAtMs: Milliseconds = 0;
  #attempt: Promise<Connection> | undefined;
  #opening: Connection | undefined;
  /** Connections whose socket is not gone yet. */
  readonly #open = new Set<Connection>();
  #retryAtMs: Milliseconds = Number.NEGATIVE_INFINITY;
  #lastFailure: AsideError | undefined;
  #itemSizeMaxBytes: number | undefined;
  #closed = false;
  #connections = 0;
  #failedConnections = 0;
  #refusedEntries = 0;
  /** Of connections that have ended, and of callers who waited for one in vain. */
  #past: Traffic = { timeouts: 0, bytesSent: 0, bytesReceived: 0 };

  constructor(partition: string, options: MemcachedNodeOptions<Connection>) {
    this.partition = partition;
    this.#options = options;
    this.#backoff = new ReconnectBackoff(options.maxReconnectDelayMs);
  }

  /**
   * The connection to use now, or `undefined`. A request that is given to it in the same turn goes out on this very connection or fails:
   * the object never stands for another one.
   */
  get ready(): Connection | undefined {
    return this.#ready;
  }

  /** Largest value for this server, as far as is known. */
  get maxValueBytes(): number {
    return maxValueBytesOf(this.#itemSizeMaxBytes);
  }

  /**
   * The connection, made where there is none.
   * @throws {AsideError} `CACHE_UNAVAILABLE`, `CACHE_TIMEOUT`, `CONFIGURATION`, `CLOSED`.
   */
  async connect(timeoutMs: Milliseconds): Promise<Connection> {
    if (this.#closed) throw closed();
    if (this.#ready !== undefined) return this.#ready;
    if (this.#attempt === undefined) {
      if (this.#options.clock.monotonicMs() < this.#retryAtMs) throw this.#leftAlone();
      this.#attempt = this.#options.context.runInAsyncScope(() => this.#tryToConnect());
      this.#attempt.catch(() => undefined); // every waiter may have given up by then
    }
    return this.#wait(this.#attempt, timeoutMs);
  }

  /** Takes note of an entry that was not sent, being too large. */
  refuseEntry(): void {
    this.#refusedEntries += 1;
  }

  /** Asks the server if it is connected, and never connects for it. Never rejects. */
  async stats(timeoutMs: Milliseconds): Promise<NodeStats> {
    const connection = this.#ready;
    const told = connection && (await this.#options.stats(connection, timeoutMs).catch(() => undefined));
    const traffic = this.#ready === undefined ? this.#past : sum(this.#past, this.#ready.traffic);
    return {
      partition: this.partition,
      connected: this.#ready !== undefined,
      connections: this.#connections,
      failedConnections: this.#failedConnections,
      ...traffic,
      refusedEntries: this.#refusedEntries,
      maxValueBytes: this.maxValueBytes,
      server: told && serverStatsOf(told),
    };
  }

  /** Lets the calls under way end, for `timeoutMs` at most, then ends the connection and waits for its socket to be gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#opening?.end(closed());
    const connection = this.#ready;
    if (connection !== undefined) {
      await connection.idle(this.#options.timeoutMs);
      connection.end(closed());
    }
    await Promise.all([...this.#open].map((open) => open.closed));
  }

  async #tryToConnect(): Promise<Connection> {
    const { clock, open, greet } = this.#options;
    const connection: Connection = open(() => this.#ended(connection));
    this.#opening = connection;
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    try {
      const facts = await greet(connection);
      // It may have ended between its last answer and this line.
      if (connection.ended !== undefined) throw connection.ended;
      this.#itemSizeMaxBytes = facts.itemSizeMaxBytes;
      this.#ready = connection;
      this.#readyAtMs = clock.monotonicMs();
      this.#connections += 1;
      this.#lastFailure = undefined;
      return connection;
    } catch (error) {
      const failure = connectionLost(this.partition, error);
      this.#failedConnections += 1;
      this.#past = sum(this.#past, connection.traffic);
      connection.end(failure);
      this.#leaveAlone(failure);
      throw this.#closed ? closed() : failure;
    } finally {
      this.#opening = undefined;
      this.#attempt = undefined;
    }
  }

  #ended(connection: Connection): void {
    if (this.#ready !== connection) return; // the attempt tells
    this.#ready = undefined;
    this.#past = sum(this.#past, connection.traffic);
    const livedMs = this.#options.clock.monotonicMs() - this.#readyAtMs;
    // A connection that lived was no failure to connect: the next call may try at once. One that breaks again and again is.
    if (livedMs >= this.#options.maxReconnectDelayMs) this.#backoff.reset();
    else this.#leaveAlone(connection.ended);
  }

  #leaveAlone(failure: AsideError | undefined): void {
    this.#lastFailure = failure;
    this.#retryAtMs = this.#options.clock.monotonicMs() + this.#backoff.nextMs();
  }

  #leftAlone(): AsideError {
    const failure = this.#lastFailure;
    if (failure?.code === "CONFIGURATION") return failure;
    return unavailable(this.partition, "left alone for a moment after a failure", failure);
  }

  #wait(attempt: Promise<Connection>, timeoutMs: Milliseconds): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(timeoutMs, () => {
        this.#past = sum(this.#past, { timeouts: 1, bytesSent: 0, bytesReceived: 0 });
        reject(timedOut(this.partition, "not connected within the deadline, nothing was sent"));
      });
      attempt.then(
        (connection) => {
          timer.cancel();
          resolve(connection);
        },
        (error) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  }
}

function sum(one: Traffic, other: Traffic): Traffic {
  return {
    timeouts: one.timeouts + other.timeouts,
    bytesSent: one.bytesSent + other.bytesSent,
    bytesReceived: one.bytesReceived + other.bytesReceived,
  };
}
