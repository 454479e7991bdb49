import type { AsideError, CacheEntry, Milliseconds } from "@aside/core";
import type { Answer } from "./answer.js";
import { encodeQuietGets, encodeRequest, opcodes, statuses } from "./binary-protocol.js";
import type { Exchange } from "./exchange.js";
import { ProtocolError, refused } from "./memcached-errors.js";
import { tokenOf } from "./memcached-token.js";
import { expectOpcode } from "./replies.js";

/** What was found, by key. */
export type Entries = Map<string, CacheEntry>;

/** The connection that a batch goes over. */
export interface BatchConnection {
  readonly incarnation: number;
  readonly partition: string;
}

interface Caller {
  /** Index behind its last key. */
  readonly end: number;
  readonly found: Entries;
  readonly resolve: (found: Entries) => void;
  readonly reject: (error: AsideError) => void;
  /** Infinity once it was told that it waited in vain. */
  deadlineAtMs: Milliseconds;
}

/**
 * The reads of one tick, of many callers, as one request: quiet gets and a NOOP, so that only hits are answered, each by some thirty bytes
 * more than its value. (One key alone is asked for by a plain get.)
 *
 * The answers come in the order of the keys, with gaps, and the callers are settled together with the last one: what they ask next goes out together
 * again (settled one by one, they come apart with every chunk that the socket brings; twice the writes were seen). An answer for a later key
 * tells that those before it are complete: they are settled when the batch fails, or when their time is over.
 */
export class ReadBatch implements Exchange {
  patienceEndsAtMs: Milliseconds = Number.POSITIVE_INFINITY;
  readonly #connection: BatchConnection;
  readonly #keys: string[] = [];
  readonly #callers: Caller[] = [];
  /** Index of the first key that may still be answered. */
  #next = 0;
  /** Index of the first caller that is not settled. */
  #waiting = 0;
  /** Index of the caller that the last answer was for. */
  #current = 0;
  /** Index of the key that was answered last: whoever has only keys before it is complete. */
  #answeredAt = 0;
  #failedStatus: number | undefined;

  constructor(connection: BatchConnection) {
    this.#connection = connection;
  }

  /** Adds a caller, before the batch is sent. @param keys - at least one, all different, all checked. */
  join(
    keys: readonly string[],
    deadlineAtMs: Milliseconds,
    patienceEndsAtMs: Milliseconds,
  ): Promise<Entries> {
    if (keys.length === 1) this.#keys.push(keys[0] as string);
    else for (const key of keys) this.#keys.push(key);
    if (patienceEndsAtMs < this.patienceEndsAtMs) this.patienceEndsAtMs = patienceEndsAtMs;
    return new Promise((resolve, reject) => {
      this.#callers.push({ end: this.#keys.length, found: new Map(), resolve, reject, deadlineAtMs });
    });
  }

  encode(opaque: number): Buffer {
    return this.#keys.length === 1
      ? encodeRequest(opcodes.getk, opaque, this.#keys[0] as string)
      : encodeQuietGets(opaque, this.#keys);
  }

  take(answer: Answer): boolean {
    const alone = this.#keys.length === 1;
    if (!alone && answer.opcode === opcodes.noop) {
      this.#settleBefore(this.#keys.length);
      return true;
    }
    expectOpcode(answer, alone ? opcodes.getk : opcodes.getkq);
    if (answer.status === statuses.ok) this.#hit(answer);
    // An error is no miss: whoever looks before he removes would take it for "nothing there".
    else if (answer.status !== statuses.notFound) {
      this.#settleBefore(this.#answeredAt);
      this.#failedStatus ??= answer.status;
    }
    if (alone) this.#settleBefore(1);
    return alone;
  }

  lookForLate(nowMs: Milliseconds, late: () => AsideError): Milliseconds {
    this.#settleBefore(this.#answeredAt);
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const caller of this.#callers.slice(this.#waiting)) {
      if (caller.deadlineAtMs <= nowMs) {
        // It keeps its place: its answers may still come.
        caller.deadlineAtMs = Number.POSITIVE_INFINITY;
        caller.reject(late());
      }
      nextAtMs = Math.min(nextAtMs, caller.deadlineAtMs);
    }
    return nextAtMs;
  }

  fail(error: AsideError): void {
    this.#settleBefore(this.#answeredAt);
    for (const { reject } of this.#callers.slice(this.#waiting)) reject(error);
  }

  #hit(answer: Answer): void {
    const keys = this.#keys;
    let at = this.#next;
    while (at < keys.length && keys[at] !== answer.key) at += 1;
    if (at === keys.length) throw new ProtocolError("a value belongs to another key");
    this.#next = at + 1;
    const token = tokenOf(this.#connection, answer);
    while ((this.#callers[this.#current] as Caller).end <= at) this.#current += 1;
    this.#answeredAt = at;
    (this.#callers[this.#current] as Caller).found.set(answer.key, { bytes: answer.value, token });
  }

  /** Settles the callers all of whose keys stand before `index`. */
  #settleBefore(index: number): void {
    for (;;) {
      const caller = this.#callers[this.#waiting];
      if (caller === undefined || caller.end > index) return;
      this.#waiting += 1;
      // Which key the server refused is not known: of those that are not settled yet it may be any.
      if (this.#failedStatus === undefined) caller.resolve(caller.found);
      else caller.reject(refused(this.#connection.partition, this.#failedStatus));
    }
  }
}
