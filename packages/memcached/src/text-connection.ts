import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { AsideError, Clock, Milliseconds } from "@aside/core";
import { CallQueue } from "./call-queue.js";
import { nextIncarnation } from "./connection-incarnation.js";
import type { DeadlineWatch, Watched } from "./deadline-watch.js";
import { connectionLost, ProtocolError, timedOut, unavailable } from "./memcached-errors.js";
import type { NodeConnection } from "./memcached-node.js";
import type { Traffic } from "./node-stats.js";
import type { ServerAddress } from "./server-address.js";
import { type CallContext, step, type TextCall } from "./text-call.js";
import type { TextDialect } from "./text-dialect.js";
import { TextReply } from "./text-reply.js";
import { type ReplyReceiver, TextReplyReader } from "./text-reply-reader.js";
import { TextRequestWriter } from "./text-request-writer.js";
import { openTextSocket, resetTextSocket } from "./text-socket.js";

export interface TextConnectionOptions {
  readonly clock: Clock;
  /** Shared by all connections of the cache. */
  readonly watch: DeadlineWatch;
  /** How long at least an answer may be late before the connection is given up. */
  readonly timeoutMs: Milliseconds;
  /** Bytes of requests that may be on their way unanswered. */
  readonly maxBytesInFlight: number;
  readonly tls: ConnectionOptions | undefined;
}

/** Calls differ in their results; the connection has no part in these. */
type AnyCall = TextCall<unknown>;

/**
 * One connection to one server that speaks text, from the first packet to its end; it never comes back. Carries calls, keeps
 * their deadlines, and settles all of them when it ends.
 *
 * All calls of one tick go out in one write, and are answered in order. So everything behind a late answer waits too, and a late
 * store may still happen: with a missed deadline the connection ends, the late call rejects with `CACHE_TIMEOUT` and its innocent
 * neighbours with `CACHE_UNAVAILABLE`. A call that had less time than `timeoutMs` rejects by its own deadline, but
 * the connection waits for its answer for as long as for any other: somebody's last millisecond is no sign of a dead server.
 *
 * Beyond `maxBytesInFlight` calls wait here. One whose deadline passes meanwhile was not sent, and harms nobody.
 */
export class TextConnection implements NodeConnection, CallContext, ReplyReceiver, Watched {
  /** The incarnation, above 0. */
  readonly incarnation: number = nextIncarnation();
  /** Names the server, for errors. */
  readonly partition: string;
  /** Settles when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #address: ServerAddress;
  readonly #options: TextConnectionOptions;
  readonly #onEnd: () => void;
  readonly #socket: Socket;
  readonly #reader = new TextReplyReader(this);
  readonly #reply = new TextReply();
  readonly #writer = new TextRequestWriter();
  readonly #unsent = new CallQueue<AnyCall>();
  readonly #inFlight = new CallQueue<AnyCall>();
  #bytesInFlight = 0;
  #opaque = 0;
  #timeouts = 0;
  #flushing = false;
  #dialect: TextDialect | undefined;
  #ended: AsideError | undefined;
  #whenIdle: (() => void) | undefined;

  /** @param onEnd - called once, when the connection has ended and before its calls are settled. */
  constructor(address: ServerAddress, options: TextConnectionOptions, onEnd: () => void) {
    this.partition = address.partition;
    this.#address = address;
    this.#options = options;
    this.#onEnd = onEnd;
    let settleClosed: () => void;
    this.closed = new Promise((resolve) => {
      settleClosed = resolve;
    });
    options.watch.add(this);
    this.#socket = openTextSocket(address, options.tls, {
      read: (buffer, length) => this.#read(buffer, length),
      failed: (error) => this.end(connectionLost(this.partition, error)),
      closed: () => settleClosed(),
    });
  }

  /** Why the connection ended; `undefined` while it stands. */
  get ended(): AsideError | undefined {
    return this.#ended;
  }

  get traffic(): Traffic {
    const { bytesWritten, bytesRead } = this.#socket;
    return { timeouts: this.#timeouts, bytesSent: bytesWritten, bytesReceived: bytesRead };
  }

  /** What the server understands; the greeting has found out. */
  get dialect(): TextDialect {
    if (this.#dialect === undefined) throw new TypeError("The connection has not been greeted.");
    return this.#dialect;
  }

  /** @param longestValueBytes - anything longer that the server announces is damage. */
  greeted(dialect: TextDialect, longestValueBytes: number | undefined): void {
    this.#dialect = dialect;
    if (longestValueBytes !== undefined) this.#reader.maxValueBytes = longestValueBytes;
  }

  /** Sends a call, once, and settles with its result, by the deadline, or with the end of the connection. */
  send<T>(call: TextCall<T>, timeoutMs: Milliseconds): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (timeoutMs <= 0) return Promise.reject(timedOut(this.partition, "no time was left, nothing was sent"));
    const nowMs = this.#options.clock.monotonicMs();
    call.deadlineAtMs = nowMs + timeoutMs;
    call.patienceEndsAtMs = nowMs + Math.max(timeoutMs, this.#options.timeoutMs);
    this.#options.watch.expect(call.deadlineAtMs);
    this.#unsent.push(call as AnyCall);
    this.#flushSoon();
    return call.promise;
  }

  /** Settles when no call is under way, or after `withinMs`. */
  idle(withinMs: Milliseconds): Promise<void> {
    if (this.#unsent.length === 0 && this.#inFlight.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(withinMs, resolve);
      this.#whenIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Ends the connection. Calls under way reject with `error`. */
  end(error: AsideError): void {
    if (this.#ended !== undefined) return;
    this.#finish(error);
    this.#socket.destroy();
  }

  line(bytes: Buffer, start: number, end: number): number {
    const reply = this.#reply;
    reply.parse(bytes, start, end);
    for (;;) {
      const call = this.#inFlight.first;
      if (call === undefined) throw new ProtocolError("an answer belongs to no request");
      const taken = call.take(reply);
      if (taken >= 0) return taken;
      if (taken === step.more) return -1;
      this.#answered(call);
      if (taken === step.done) return -1;
    }
  }

  value(bytes: Buffer): void {
    const call = this.#inFlight.first as AnyCall;
    if (call.value(bytes)) this.#answered(call);
  }

  lookForLate(nowMs: Milliseconds): Milliseconds {
    for (const call of this.#unsent.remove(({ deadlineAtMs }) => deadlineAtMs <= nowMs)) {
      this.#timeouts += 1;
      call.reject(timedOut(this.partition, "too much was under way, nothing was sent"));
    }
    let nextAtMs = Number.POSITIVE_INFINITY;
    let patienceEnded = false;
    for (const call of this.#inFlight) {
      if (call.deadlineAtMs <= nowMs) {
        // It stays in the queue: its answer may still come, and must find its place.
        call.deadlineAtMs = Number.POSITIVE_INFINITY;
        this.#timeouts += 1;
        call.reject(timedOut(this.partition, "no answer within the deadline, the outcome is unknown"));
      }
      if (call.patienceEndsAtMs <= nowMs) patienceEnded = true;
      nextAtMs = Math.min(nextAtMs, call.deadlineAtMs, call.patienceEndsAtMs);
    }
    for (const call of this.#unsent) nextAtMs = Math.min(nextAtMs, call.deadlineAtMs);
    if (!patienceEnded) return nextAtMs;
    this.#finish(unavailable(this.partition, "another call on the connection missed its deadline"));
    resetTextSocket(this.#socket, this.#address, this.#options.tls !== undefined);
    return Number.POSITIVE_INFINITY;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (this.#ended !== undefined) return;
    const { maxBytesInFlight } = this.#options;
    while (this.#bytesInFlight < maxBytesInFlight) {
      const call = this.#unsent.shift();
      if (call === undefined) break;
      this.#bytesInFlight += call.bytes;
      const closing = this.#unsent.length === 0 || this.#bytesInFlight >= maxBytesInFlight;
      call.write(this.#writer, this.#opaque, closing);
      this.#opaque += call.opaques;
      this.#inFlight.push(call);
    }
    this.#write(this.#writer.take());
  };

  #write(chunks: readonly (string | Buffer)[]): void {
    if (chunks.length > 1) this.#socket.cork();
    for (const chunk of chunks) this.#socket.write(chunk, "latin1");
    if (chunks.length > 1) this.#socket.uncork();
  }

  #read(buffer: Buffer, length: number): void {
    if (this.#ended !== undefined) return;
    try {
      this.#reader.read(buffer, length);
    } catch (error) {
      // Whatever went wrong in an answer, the bytes behind it cannot be trusted.
      this.end(connectionLost(this.partition, error));
    }
  }

  #answered(call: AnyCall): void {
    this.#inFlight.shift();
    this.#bytesInFlight -= call.bytes;
    call.finish();
    if (this.#unsent.length > 0) this.#flushSoon();
    // The timer stays: it finds nothing late, and is cheaper than one set and stopped for each call.
    else if (this.#inFlight.length === 0) this.#whenIdle?.();
  }

  #finish(error: AsideError): void {
    this.#ended = error;
    this.#options.watch.remove(this);
    this.#onEnd();
    const calls = [...this.#inFlight, ...this.#unsent];
    this.#inFlight.remove(() => true);
    this.#unsent.remove(() => true);
    for (const call of calls) call.reject(error);
    this.#whenIdle?.();
  }
}
