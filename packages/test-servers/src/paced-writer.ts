import type { Socket } from "node:net";

/** How bytes are cut into packets. */
export interface Pace {
  /** Longest packet; `Infinity`: all that has come by then in one. */
  readonly packetBytes: number;
  /** Pause before each packet; 0: one with each turn of the event loop. */
  readonly everyMs: number;
}

/** Writes to a socket at a pace that may change, and straight through while there is none. Keeps the order. */
export class PacedWriter {
  readonly #to: Socket;
  readonly #paceNow: () => Pace | undefined;
  #held: Buffer = Buffer.alloc(0);
  #ending = false;

  constructor(to: Socket, paceNow: () => Pace | undefined) {
    this.#to = to;
    this.#paceNow = paceNow;
  }

  /** @returns whether more may come at once. */
  write(bytes: Buffer): boolean {
    if (this.#held.length === 0 && this.#paceNow() === undefined) return this.#to.write(bytes);
    const waits = this.#held.length > 0;
    this.#held = Buffer.concat([this.#held, bytes]);
    if (!waits) this.#schedule();
    return true;
  }

  /** Ends the socket behind what is held back. */
  end(): void {
    this.#ending = true;
    if (this.#held.length === 0) this.#to.end();
  }

  #schedule(): void {
    const everyMs = this.#paceNow()?.everyMs ?? 0;
    if (everyMs === 0) setImmediate(() => this.#next());
    else setTimeout(() => this.#next(), everyMs);
  }

  #next(): void {
    if (!this.#to.writable) return; // broken meanwhile
    const length = Math.min(this.#held.length, this.#paceNow()?.packetBytes ?? Number.POSITIVE_INFINITY);
    this.#to.write(this.#held.subarray(0, length));
    this.#held = this.#held.subarray(length);
    if (this.#held.length > 0) this.#schedule();
    else if (this.#ending) this.#to.end();
  }
}
