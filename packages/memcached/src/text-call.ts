import type { AsideError, Milliseconds } from "@aside/core";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";

/** The connection that a call goes over. */
export interface CallContext {
  readonly incarnation: number;
  /** Names the server, for errors. */
  readonly partition: string;
}

/** What a call makes of a line, where it is not the length of a value that follows. */
export const step = {
  /** The line was the last one of this call. */
  done: -1,
  /** More lines are to come. */
  more: -2,
  /** The line belongs to a later call: the server has passed this one over in silence, as it does with quiet requests. */
  passOn: -3,
} as const;

/**
 * One call over a connection of the text protocol: what it sends, and what it makes of the answers. Settles once, by an answer, by its
 * deadline or by the end of the connection, whichever comes first.
 */
export abstract class TextCall<T> {
  readonly promise: Promise<T>;
  /** When the caller is told that it waited in vain; infinity once it was. Set by the connection. */
  deadlineAtMs: Milliseconds = 0;
  /** When the connection is given up for want of the answer. Set by the connection. */
  patienceEndsAtMs: Milliseconds = 0;
  /** About what the call sends. */
  abstract readonly bytes: number;
  /** How many opaques it takes. */
  abstract readonly opaques: number;
  protected resolve!: (value: T) => void;
  reject!: (error: AsideError) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /**
   * @param opaque - the first one of this call.
   * @param closing - whether it is the last call of the write: then its last request must be one that is answered in any case.
   */
  abstract write(out: TextRequestWriter, opaque: number, closing: boolean): void;

  /** @returns a `step`, or the length of the value behind the line. @throws {ProtocolError} where the line cannot be right. */
  abstract take(reply: TextReply): number;

  /** The value behind the last line. @returns whether the call is done. */
  abstract value(bytes: Buffer): boolean;

  /** All answers are in. */
  abstract finish(): void;
}
