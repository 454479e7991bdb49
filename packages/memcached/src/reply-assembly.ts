import { headerBytes, responseMagic } from "./binary-protocol.js";
import { ProtocolError } from "./memcached-errors.js";

const nothing: Buffer = Buffer.alloc(0);

/** No server keeps larger items (memcached's own bound for `-I` is 1 GiB), so a longer answer is damage. */
const longestBodyBytes = 1024 * 1024 * 1024 + 65_536;

/**
 * Collects the chunks of a socket until the first answer in them is complete. memjs copies all bytes read so far with every chunk, and
 * waits for ever for the end of a damaged length; here each byte is copied once at most, and damage is noticed.
 */
export class ReplyAssembly {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Length of the first answer with its header; 0 while the header is not complete. */
  #needed = 0;

  /**
   * @param rest - what was left over of the bytes handed out before.
   * @returns bytes that begin with a complete answer, or none yet.
   * @throws {ProtocolError} for what is no answer of a memcached server.
   */
  take(rest: Buffer, chunk: Buffer): Buffer {
    if (rest.length > 0) this.#push(rest);
    this.#push(chunk);
    if (this.#needed === 0 && this.#bytes >= headerBytes) this.#needed = answerLength(this.#join());
    if (this.#needed === 0 || this.#bytes < this.#needed) return nothing;
    const whole = this.#join();
    this.clear();
    return whole;
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#needed = 0;
  }

  #push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  #join(): Buffer {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }
}

/**
 * Length of the answer that begins at `offset`, with its header.
 * @param bytes - at least a header from there on.
 * @throws {ProtocolError} for what is no answer of a memcached server.
 */
export function answerLength(bytes: Buffer, offset = 0): number {
  const keyBytes = bytes.readUInt16BE(offset + 2);
  const extrasBytes = bytes.readUInt8(offset + 4);
  const bodyBytes = bytes.readUInt32BE(offset + 8);
  if (bytes[offset] !== responseMagic)
    throw new ProtocolError("the answer is not of memcached's binary protocol");
  if (bodyBytes > longestBodyBytes || bodyBytes < keyBytes + extrasBytes) {
    throw new ProtocolError("the answer gives an impossible length");
  }
  return headerBytes + bodyBytes;
}
