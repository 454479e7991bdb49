import type { AsyncResource } from "node:async_hooks";
import type { AsideError, Clock, Milliseconds } from "@aside/core";
import { MemcachedConnection } from "./memcached-connection.js";
import { closed, connectionLost, timedOut, unavailable } from "./memcached-errors.js";
import { maxValueBytesOf } from "./memcached-limits.js";
import { ReconnectBackoff } from "./reconnect-backoff.js";
import type { ServerAddress } from "./server-address.js";
import { probeServer } from "./server-probe.js";
import type { Credentials } from "./single-connection-server.js";

export interface MemcachedNodeOptions {
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  /** Default deadline of a call; also how long `close` waits for calls under way. */
  readonly timeoutMs: Milliseconds;
  readonly connectTimeoutMs: Milliseconds;
  readonly maxReconnectDelayMs: Milliseconds;
  /** Connections are made in this asynchronous context and not in that of the caller who happened to need one first. */
  readonly context: AsyncResource;
}

/**
 * One memcached server and the one connection to it. Connects when somebody asks, never by itself; after a failure it is left alone
 * for a while, and calls in between fail at once.
 */
export class MemcachedNode {
  readonly partition: string;
  readonly #address: ServerAddress;
  readonly #options: MemcachedNodeOptions;
  readonly #backoff: ReconnectBackoff;
  /** The connection that was probed and stands. */
  #ready: MemcachedConnection | undefined;
  #readyAtMs: Milliseconds = 0;
  #attempt: Promise<MemcachedConnection> | undefined;
  #opening: MemcachedConnection | undefined;
  /** Connections whose socket is not gone yet. */
  readonly #open = new Set<MemcachedConnection>();
  #retryAtMs: Milliseconds = Number.NEGATIVE_INFINITY;
  #lastFailure: AsideError | undefined;
  #itemSizeMaxBytes: number | undefined;
  #closed = false;

  constructor(address: ServerAddress, options: MemcachedNodeOptions) {
    this.partition = address.partition;
    this.#address = address;
    this.#options = options;
    this.#backoff = new ReconnectBackoff(options.maxReconnectDelayMs);
  }

  /**
   * The connection to use now, or `undefined`. A request that is given to it in the same turn goes out on this very connection or fails:
   * the object never stands for another one.
   */
  get ready(): MemcachedConnection | undefined {
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
  async connect(timeoutMs: Milliseconds): Promise<MemcachedConnection> {
    if (this.#closed) throw closed();
    if (this.#ready !== undefined) return this.#ready;
    if (this.#attempt === undefined) {
      if (this.#options.clock.monotonicMs() < this.#retryAtMs) throw this.#leftAlone();
      this.#attempt = this.#options.context.runInAsyncScope(() => this.#tryToConnect());
      this.#attempt.catch(() => undefined); // every waiter may have given up by then
    }
    return this.#wait(this.#attempt, timeoutMs);
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

  async #tryToConnect(): Promise<MemcachedConnection> {
    const { clock, connectTimeoutMs } = this.#options;
    const connection = new MemcachedConnection(this.#address, this.#options, () => this.#ended(connection));
    this.#opening = connection;
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    try {
      const facts = await probeServer(connection, clock, connectTimeoutMs);
      // It may have ended between its last answer and this line.
      if (connection.ended !== undefined) throw connection.ended;
      this.#itemSizeMaxBytes = facts.itemSizeMaxBytes;
      this.#ready = connection;
      this.#readyAtMs = clock.monotonicMs();
      this.#lastFailure = undefined;
      return connection;
    } catch (error) {
      const failure = connectionLost(this.partition, error);
      connection.end(failure);
      this.#leaveAlone(failure);
      throw this.#closed ? closed() : failure;
    } finally {
      this.#opening = undefined;
      this.#attempt = undefined;
    }
  }

  #ended(connection: MemcachedConnection): void {
    if (this.#ready !== connection) return; // the attempt tells
    this.#ready = undefined;
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

  #wait(attempt: Promise<MemcachedConnection>, timeoutMs: Milliseconds): Promise<MemcachedConnection> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(timeoutMs, () => {
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
