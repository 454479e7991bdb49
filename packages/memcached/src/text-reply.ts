import { ProtocolError } from "./memcached-errors.js";

/** What a line of the server is. Of `other` is everything that is no answer of the meta protocol. */
export type ReplyKind = "HD" | "VA" | "EN" | "NF" | "NS" | "EX" | "MN" | "error" | "other";

const space = 0x20;
const zero = 0x30;
const nine = 0x39;

const kinds: ReadonlyMap<number, ReplyKind> = new Map(
  (["HD", "VA", "EN", "NF", "NS", "EX", "MN"] as const).map((kind) => [
    (kind.charCodeAt(0) << 8) | kind.charCodeAt(1),
    kind,
  ]),
);

const tellable = [
  "out of memory storing object",
  "object too large for cache",
  "unauthenticated",
  "authentication failure",
  "invalid flag",
  "bad command line format",
  "bad data chunk",
  "line too long",
];

/**
 * One line of a server, parsed once. There is one object for each connection, filled anew with every line, since a line is
 * parsed for each value that is read. Format: memcached's `doc/protocol.txt`, "Meta Commands".
 */
export class TextReply {
  kind: ReplyKind = "other";
  /** Length of the value behind the line, or -1. */
  valueBytes = -1;
  /** The `O` of the request, or -1: older servers leave it out of `EN`, and all leave it out of errors. */
  opaque = -1;
  /** The CAS, 0 for none. */
  cas: number | bigint = 0;
  /** `W`: this request may replace the entry. */
  won = false;
  /** `X`: somebody marked the entry as stale. */
  stale = false;

  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** The line as text. To be asked for before the next line is parsed. */
  get text(): string {
    return this.#bytes.toString("latin1", this.#start, this.#end);
  }

  /** Of an error: whether only a store can be answered so. */
  get isOfStore(): boolean {
    return /^SERVER_ERROR (?:out of memory storing object|object too large for cache)$/.test(this.text);
  }

  /** Of an error: the server had no room for the entry. It has removed what stood there. */
  get isOutOfMemory(): boolean {
    return this.text.startsWith("SERVER_ERROR out of memory");
  }

  /** Of an error: what may be told of it. A text that is not memcached's own might quote anything. */
  get refusal(): string {
    const { text } = this;
    return tellable.find((phrase) => text.endsWith(phrase)) ?? (text.split(" ", 1)[0] as string);
  }

  /** @throws {ProtocolError} for a damaged answer of the meta protocol. */
  parse(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.valueBytes = -1;
    this.opaque = -1;
    this.cas = 0;
    this.won = false;
    this.stale = false;
    const isMeta = end === start + 2 || (end > start + 2 && bytes[start + 2] === space);
    const kind = isMeta
      ? kinds.get(((bytes[start] as number) << 8) | (bytes[start + 1] as number))
      : undefined;
    if (kind === undefined) {
      this.kind = /^(?:ERROR|CLIENT_ERROR|SERVER_ERROR)(?: |$)/.test(this.text) ? "error" : "other";
      return;
    }
    this.kind = kind;
    let at = start + 3;
    if (kind === "VA") {
      const lengthEnd = this.#wordEnd(at);
      this.valueBytes = this.#number(at, lengthEnd) as number;
      at = lengthEnd + 1;
    }
    while (at < end) at = this.#flag(at) + 1;
  }

  /** @returns where the flag ends. */
  #flag(at: number): number {
    const wordEnd = this.#wordEnd(at);
    switch (this.#bytes[at]) {
      case 0x63: // c
        this.cas = this.#number(at + 1, wordEnd);
        break;
      case 0x4f: // O
        this.opaque = this.#number(at + 1, wordEnd) as number;
        break;
      case 0x57: // W
        this.won = true;
        break;
      case 0x58: // X
        this.stale = true;
        break;
    }
    return wordEnd;
  }

  #wordEnd(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < this.#end && bytes[at] !== space) at += 1;
    return at;
  }

  #number(from: number, to: number): number | bigint {
    const bytes = this.#bytes;
    let value = 0;
    for (let at = from; at < to; at += 1) {
      const digit = bytes[at] as number;
      if (digit < zero || digit > nine) throw new ProtocolError("an answer is damaged");
      value = value * 10 + (digit - zero);
    }
    if (from >= to || to - from > 20) throw new ProtocolError("an answer is damaged");
    return Number.isSafeInteger(value) ? value : BigInt(bytes.toString("latin1", from, to));
  }
}
