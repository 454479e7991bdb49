import type { AsideError, Clock, ClockTimer, Milliseconds } from "@aside/core";
import { nextIncarnation } from "./connection-incarnation.js";
import { connectionLost, ProtocolError, timedOut, unavailable } from "./memcached-errors.js";
import type { NodeConnection } from "./memcached-node.js";
import type { Credentials } from "./memcached-options.js";
import type { MemjsResponse, MemjsResponseHandler } from "./memjs-server.js";
import type { ServerAddress } from "./server-address.js";
import { SingleConnectionServer } from "./single-connection-server.js";

/** What a call makes of an answer: its result, its error, or `undefined` while more answers are to come. */
export type Outcome<T> = { readonly value: T } | { readonly error: AsideError } | undefined;

interface PendingCall {
  /** When the caller is told that it waited in vain; infinity once it was. */
  deadlineAtMs: Milliseconds;
  /** When the connection is given up for want of this answer. Never before the deadline. */
  readonly patienceEndsAtMs: Milliseconds;
  reject(error: AsideError): void;
}

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
  readonly #pending = new Map<number, PendingCall>();
  readonly #onEnd: () => void;
  #outgoing: Buffer[] = [];
  #flushing = false;
  #opaque = 0;
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
    this.#server = new SingleConnectionServer(address, options.credentials);
    this.#server.onError(connectionHandler, (error) => this.#finish(connectionLost(this.partition, error)));
  }

  /** Why the connection ended; `undefined` while it stands. */
  get ended(): AsideError | undefined {
    return this.#ended;
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
    receive: (response: MemjsResponse) => Outcome<T>,
  ): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (timeoutMs <= 0) return Promise.reject(timedOut(this.partition, "no time was left, nothing was sent"));
    this.#opaque = this.#opaque === highestOpaque ? 1 : this.#opaque + 1;
    const opaque = this.#opaque;
    const frame = encode(opaque);
    return new Promise<T>((resolve, reject) => {
      const nowMs = this.#clock.monotonicMs();
      const deadlineAtMs = nowMs + timeoutMs;
      const patienceEndsAtMs = nowMs + Math.max(timeoutMs, this.#timeoutMs);
      this.#pending.set(opaque, { deadlineAtMs, patienceEndsAtMs, reject });
      const handler: MemjsResponseHandler = (response) => {
        const outcome = receive(response);
        if (outcome === undefined) {
          // memjs forgets a quiet handler with the first empty body: what came after would go astray.
          if (response.header.totalBodyLength === 0) throw new ProtocolError("a batch ended too early");
          return;
        }
        handler.quiet = false;
        this.#settled(opaque);
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      handler.quiet = true;
      this.#server.onResponse(opaque, handler);
      this.#watch(deadlineAtMs);
      this.#send(frame);
    });
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

  #send(frame: Buffer): void {
    this.#outgoing.push(frame);
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (this.#ended !== undefined) return;
    const frames = this.#outgoing;
    this.#outgoing = [];
    this.#server.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  };

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
    for (const call of this.#pending.values()) {
      if (call.deadlineAtMs <= nowMs) {
        // It stays in the table: its answer may still come, and must find its place.
        call.deadlineAtMs = Number.POSITIVE_INFINITY;
        call.reject(timedOut(this.partition, "no answer within the deadline, the outcome is unknown"));
      }
      if (call.patienceEndsAtMs <= nowMs) patienceEnded = true;
      nextAtMs = Math.min(nextAtMs, call.deadlineAtMs, call.patienceEndsAtMs);
    }
    if (patienceEnded) {
      this.#server.reset(unavailable(this.partition, "another call on the connection missed its deadline"));
    } else if (nextAtMs !== Number.POSITIVE_INFINITY) this.#watch(nextAtMs);
  }

  #settled(opaque: number): void {
    this.#pending.delete(opaque);
    // The timer stays: it finds nothing late, and is cheaper than one set and stopped for each call.
    if (this.#pending.size === 0) this.#whenIdle?.();
  }

  #finish(error: AsideError): void {
    this.#ended = error;
    this.#timer?.cancel();
    this.#outgoing = [];
    this.#onEnd();
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.reject(error);
    this.#whenIdle?.();
  }
}
