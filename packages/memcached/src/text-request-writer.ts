import { ValueRoom } from "./value-room.js";

/** Shorter values are cheapest as a part of the text around them. */
const longestInlineBytes = 128;

/** A write up to here is cheapest as one string: the socket makes no memory for it. */
const longestTextBytes = 20 * 1024;

/** Longer values are handed to the socket as they are; others are put together, since each piece of a write has its price. */
const longestJoinedBytes = 16 * 1024;

/** The bytes of a request's value, in memory that the caller's buffer has no part in. */
export type ValueToSend = string | Buffer;

type Piece = string | Buffer;

const room = new ValueRoom();

/** Copies a value, so that the caller may change its buffer as soon as the call has returned. */
export function valueToSend(bytes: Uint8Array): ValueToSend {
  if (bytes.byteLength <= longestInlineBytes) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  }
  const own = room.take(bytes.byteLength);
  own.set(bytes);
  return own;
}

/** Collects the requests of one write. Text is Latin-1: a character is a byte. */
export class TextRequestWriter {
  /** What was collected so far, but for the text at its end. */
  #pieces: Piece[] = [];
  #text = "";

  write(text: string): void {
    this.#text += text;
  }

  writeValue(value: ValueToSend): void {
    if (typeof value === "string") this.#text += value;
    else {
      this.#pieces.push(this.#text, value);
      this.#text = "";
    }
  }

  /** What was collected, in order, in as few pieces as is sensible; then it begins anew. */
  take(): readonly Piece[] {
    const pieces = this.#pieces;
    const text = this.#text;
    this.#text = "";
    if (pieces.length === 0) return text === "" ? [] : [text];
    this.#pieces = [];
    pieces.push(text);
    let length = 0;
    for (const piece of pieces) length += piece.length;
    return length <= longestTextBytes ? [asText(pieces)] : withShortOnesJoined(pieces);
  }
}

function asText(pieces: readonly Piece[]): string {
  let text = "";
  for (const piece of pieces) text += typeof piece === "string" ? piece : piece.toString("latin1");
  return text;
}

function withShortOnesJoined(pieces: readonly Piece[]): readonly Buffer[] {
  const all: Buffer[] = [];
  let short: Piece[] = [];
  for (const piece of pieces) {
    if (typeof piece === "string" || piece.length <= longestJoinedBytes) short.push(piece);
    else {
      all.push(asBytes(short), piece);
      short = [];
    }
  }
  all.push(asBytes(short));
  return all;
}

function asBytes(pieces: readonly Piece[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    at += typeof piece === "string" ? bytes.write(piece, at, "latin1") : piece.copy(bytes, at);
  }
  return bytes;
}
