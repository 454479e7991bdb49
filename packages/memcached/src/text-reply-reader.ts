import { ProtocolError } from "./memcached-errors.js";
import { ValueRoom } from "./value-room.js";

/** Takes what a {@link TextReplyReader} finds. What it throws ends the reading. */
export interface ReplyReceiver {
  /**
   * One line, without its end, that stands in `bytes` until the call returns.
   * @returns length of the value that follows it, or -1 where none does.
   */
  line(bytes: Buffer, start: number, end: number): number;
  /** The value behind the last line, in memory of its own. */
  value(bytes: Buffer): void;
}

const cr = 0x0d;
const lf = 0x0a;

/** Memcached's longest lines carry a key of 250 bytes, or one of its settings. */
const longestLineBytes = 4096;

/**
 * Cuts the bytes of a server into lines and values, wherever the network has cut them before. Each byte of a value is copied once, straight
 * to where it stays; lines are parsed where they stand. Every byte is looked at once, so a value of a megabyte in a
 * thousand pieces costs what it costs in one.
 */
export class TextReplyReader {
  readonly #receiver: ReplyReceiver;
  /** Longer values are taken for damage. */
  maxValueBytes: number = 1024 * 1024 * 1024;
  /** The beginning of a line whose end is still to come. */
  readonly #line: Buffer = Buffer.allocUnsafeSlow(longestLineBytes);
  #lineBytes = 0;
  readonly #room = new ValueRoom();
  /** The value that is being read; `undefined` between values. */
  #value: Buffer | undefined;
  #valueBytes = 0;

  constructor(receiver: ReplyReceiver) {
    this.#receiver = receiver;
  }

  /**
   * Takes the first `length` bytes of `chunk`, and keeps no reference to it.
   * @throws {ProtocolError} for what cannot be an answer; whatever the receiver throws. Nothing may be read after that.
   */
  read(chunk: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      at = this.#value === undefined ? this.#readLine(chunk, at, length) : this.#readValue(chunk, at, length);
    }
  }

  #readLine(chunk: Buffer, from: number, length: number): number {
    let at = from;
    while (at < length && chunk[at] !== lf) at += 1;
    if (this.#lineBytes + at - from > longestLineBytes) throw new ProtocolError("a line is too long");
    if (at === length) {
      this.#lineBytes += chunk.copy(this.#line, this.#lineBytes, from, at);
      return at;
    }
    if (this.#lineBytes === 0) this.#take(chunk, from, at);
    else {
      const end = this.#lineBytes + chunk.copy(this.#line, this.#lineBytes, from, at);
      this.#lineBytes = 0;
      this.#take(this.#line, 0, end);
    }
    return at + 1;
  }

  /** @param end - where the LF stands. */
  #take(bytes: Buffer, start: number, end: number): void {
    if (end === start || bytes[end - 1] !== cr) throw new ProtocolError("a line does not end with CR LF");
    const valueBytes = this.#receiver.line(bytes, start, end - 1);
    if (valueBytes === -1) return;
    if (valueBytes > this.maxValueBytes) throw new ProtocolError("an answer gives an impossible length");
    this.#value = this.#room.take(valueBytes);
    this.#valueBytes = 0;
  }

  /** `#valueBytes` counts the two bytes of the line end behind the value too. */
  #readValue(chunk: Buffer, from: number, length: number): number {
    const value = this.#value as Buffer;
    let at = from;
    if (this.#valueBytes < value.length) {
      const copied = chunk.copy(
        value,
        this.#valueBytes,
        at,
        Math.min(length, at + value.length - this.#valueBytes),
      );
      this.#valueBytes += copied;
      at += copied;
    }
    while (at < length && this.#valueBytes < value.length + 2) {
      const expected = this.#valueBytes === value.length ? cr : lf;
      if (chunk[at] !== expected) throw new ProtocolError("a value is longer than was announced");
      this.#valueBytes += 1;
      at += 1;
    }
    if (this.#valueBytes === value.length + 2) {
      this.#value = undefined;
      this.#receiver.value(value);
    }
    return at;
  }
}
