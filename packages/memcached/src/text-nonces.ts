import { randomInt } from "node:crypto";

/** Below: the server's own counters. */
const least = 2 ** 51;

/**
 * Numbers that serve as CAS: exact in a double, never twice over one connection, and begun at random, so that two connections do not
 * choose the same one for the same key.
 */
export class TextNonces {
  // randomInt goes up to 2^48; times 8, the connections begin at one of 2^47 places, and count on from there.
  #next: number = least + randomInt(2 ** 47) * 8;

  next(): number {
    const nonce = this.#next;
    this.#next += 1;
    return nonce;
  }
}
