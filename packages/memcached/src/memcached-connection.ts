import type { AsideError, Clock, ClockTimer, Milliseconds } from "@aside/core";
import type { Answer } from "./answer.js";
import { nextIncarnation } from "./connection-incarnation.js";
import type { Exchange } from "./exchange.js";
import { connectionLost, ProtocolError, timedOut, unavailable } from "./memcached-errors.js";
import type { NodeConnection } from "./memcached-node.js";
import type { Credentials } from "./memcached-options.js";
import type { Traffic } from "./node-stats.js";
import { type Entries, ReadBatch } from "./read-batch.js";
import type { ServerAddress } from "./server-address.js";
import { type Outcome, SingleCall } from "./single-call.js";
import { SingleConnectionServer } from "./single-connection-server.js";

/** Key of our one error handler in memjs's table. No request has it: opaques begin at 1. */
const connectionHandler = 0;
const highestOpaque = 0xffff_ffff;

/**
 * One connection to one server, from the first packet to its end; it never comes back. Carries requests, keeps
 * their deadlines, and settles all of them when it ends.
 *
 * All requests of one tick go out in one write. Requests are answered in order, so everything behind a late answer waits too, and a late
 * store may still happen: with a missed deadline the connection ends, the late call rejects with `CACHE_TIMEOUT` and its innocent
 * neighbours with `CACHE_UNAVAILABLE`. A call that had less time than `timeoutMs` rejects by its own deadline, but
 * the connection waits for its answer for as long as for any other: somebody's last millisecond is no sign of a dead server.
 */
export class MemcachedConnection implements NodeConnection {
  /** The incarnation, above 0. */
  readonly incarnation: number;
  /** Names the server, for errors. */
  readonly partition: string;
  readonly #clock: Clock;
  readonly #timeoutMs: Milliseconds;
  readonly #server: SingleConnectionServer;
  readonly #pending = new Map<number, Exchange>();
  readonly #onEnd: () => void;
  #outgoing: Buffer[] = [];
  #flushing = false;
  #opaque = 0;
  #timeouts = 0;
  /** The reads of this tick, still open to more callers. */
  #reads: ReadBatch | undefined;
  #readsOpaque = 0;
  #timer: ClockTimer | undefined;
  #timerAtMs: Milliseconds = Number.POSITIVE_INFINITY;
  #ended: AsideError | undefined;
  #whenIdle: (() => void) | undefined;

  /**
   * Connects with the first call.
   * @param onEnd - called once, when the connection has ended and before its calls are settled.
   */
  constructor(
    address: ServerAddress,
    options: {
      readonly credentials: Credentials | undefined;
      readonly clock: Clock;
      readonly timeoutMs: Milliseconds;
    },
    onEnd: () => void,
  ) {
    this.incarnation = nextIncarnation();
    this.partition = address.partition;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#onEnd = onEnd;
    this.#server = new SingleConnectionServer(address, options.credentials, (answer) =>
      this.#receive(answer),
    );
    this.#server.onError(connectionHandler, (error) => this.#finish(connectionLost(this.partition, error)));
  }

  /** Why the connection ended; `undefined` while it stands. */
  get ended(): AsideError | undefined {
    return this.#ended;
  }

  get traffic(): Traffic {
    return { timeouts: this.#timeouts, ...this.#server.bytes };
  }

  /** Settles when the socket is gone. */
  get closed(): Promise<void> {
    return this.#server.closed;
  }

  /**
   * Sends one request, or several under one opaque, and settles when `receive` has made a result of the answers, by the deadline,
   * or with the end of the connection. Never sends anything twice.
   * @param receive - throws only for what shows that the connection is damaged.
   */
  call<T>(
    encode: (opaque: number) => Buffer,
    timeoutMs: Milliseconds,
    receive: (answer: Answer) => Outcome<T>,
  ): Promise<T> {
    const refusal = this.#refusal(timeoutMs);
    if (refusal !== undefined) return Promise.reject(refusal);
    // What was asked before goes out before.
    this.#sealReads();
    const opaque = this.#nextOpaque();
    const frame = encode(opaque);
    return new Promise<T>((resolve, reject) => {
      const nowMs = this.#clock.monotonicMs();
      const deadlineAtMs = nowMs + timeoutMs;
      const call = new SingleCall(
        deadlineAtMs,
        this.#patienceFrom(nowMs, timeoutMs),
        receive,
        resolve,
        reject,
      );
      this.#pending.set(opaque, call);
      this.#watch(deadlineAtMs);
      this.#send(frame);
    });
  }

  /**
   * Reads entries. The reads of one tick go out as one request; each settles by its own answers, by its own deadline, or with the end of the
   * connection.
   * @param keys - at least one, all different, all checked.
   */
  read(keys: readonly string[], timeoutMs: Milliseconds): Promise<Entries> {
    const refusal = this.#refusal(timeoutMs);
    if (refusal !== undefined) return Promise.reject(refusal);
    const nowMs = this.#clock.monotonicMs();
    if (this.#reads === undefined) {
      this.#reads = new ReadBatch(this);
      this.#readsOpaque = this.#nextOpaque();
      this.#pending.set(this.#readsOpaque, this.#reads);
      this.#flushLater();
    }
    this.#watch(nowMs + timeoutMs);
    return this.#reads.join(keys, nowMs + timeoutMs, this.#patienceFrom(nowMs, timeoutMs));
  }

  /** Settles when no call is pending, or after `withinMs`. */
  idle(withinMs: Milliseconds): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(withinMs, resolve);
      this.#whenIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Ends the connection. Pending calls reject with `error`. */
  end(error: AsideError): void {
    this.#server.error(error);
  }

  #refusal(timeoutMs: Milliseconds): AsideError | undefined {
    if (this.#ended !== undefined) return this.#ended;
    return timeoutMs > 0 ? undefined : timedOut(this.partition, "no time was left, nothing was sent");
  }

  #nextOpaque(): number {
    this.#opaque = this.#opaque === highestOpaque ? 1 : this.#opaque + 1;
    return this.#opaque;
  }

  #patienceFrom(nowMs: Milliseconds, timeoutMs: Milliseconds): Milliseconds {
    return nowMs + Math.max(timeoutMs, this.#timeoutMs);
  }

  #send(frame: Buffer): void {
    this.#outgoing.push(frame);
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(this.#flush);
  }

  /** Takes no more callers into the batch of this tick. */
  #sealReads(): void {
    if (this.#reads === undefined) return;
    this.#outgoing.push(this.#reads.encode(this.#readsOpaque));
    this.#reads = undefined;
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (this.#ended !== undefined) return;
    this.#sealReads();
    const frames = this.#outgoing;
    this.#outgoing = [];
    this.#server.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  };

  #receive(answer: Answer): void {
    const exchange = this.#pending.get(answer.opaque);
    if (exchange === undefined) throw new ProtocolError("an answer belongs to no request");
    if (!exchange.take(answer)) return;
    this.#pending.delete(answer.opaque);
    // The timer stays: it finds nothing late, and is cheaper than one set and stopped for each call.
    if (this.#pending.size === 0) this.#whenIdle?.();
  }

  /** One timer for all calls, set for the earliest instant at which one of them is late. */
  #watch(atMs: Milliseconds): void {
    if (atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      // Not yet: this process may have stood still while the answers came in. One turn of the event loop reads them.
      setImmediate(() => this.#lookForLate());
    });
  }

  #lookForLate(): void {
    if (this.#ended !== undefined) return;
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    let nextAtMs = Number.POSITIVE_INFINITY;
    let patienceEnded = false;
    for (const exchange of this.#pending.values()) {
      const deadlineAtMs = exchange.lookForLate(nowMs, () => {
        this.#timeouts += 1;
        return timedOut(this.partition, "no answer within the deadline, the outcome is unknown");
      });
      if (exchange.patienceEndsAtMs <= nowMs) patienceEnded = true;
      nextAtMs = Math.min(nextAtMs, deadlineAtMs, exchange.patienceEndsAtMs);
    }
    if (patienceEnded) {
      this.#server.reset(unavailable(this.partition, "another call on the connection missed its deadline"));
    } else if (nextAtMs !== Number.POSITIVE_INFINITY) this.#watch(nextAtMs);
  }

  #finish(error: AsideError): void {
    this.#ended = error;
    this.#timer?.cancel();
    this.#outgoing = [];
    this.#onEnd();
    this.#reads = undefined;
    const exchanges = [...this.#pending.values()];
    this.#pending.clear();
    for (const exchange of exchanges) exchange.fail(error);
    this.#whenIdle?.();
  }
}
