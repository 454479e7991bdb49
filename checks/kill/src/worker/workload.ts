import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../plan/random.js";
import type { Operations } from "./operations.js";

const readers = 8;
const witnesses = 2;
const writers = 3;
/** Reads that begin together: those of one tick travel together. */
const largestBurst = 8;

/** Loops that read and write at random until they are told to rest. */
export class Workload {
  readonly #operations: Operations;
  readonly #random: Random;
  #resting = false;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(operations: Operations, random: Random) {
    this.#operations = operations;
    this.#random = random;
  }

  start(): void {
    this.#loops = Promise.all([
      ...Array.from({ length: readers }, () => this.#loop(() => this.#readBurst(), 4)),
      ...Array.from({ length: witnesses }, () => this.#loop(() => this.#operations.witness(), 20)),
      ...Array.from({ length: writers }, () => this.#loop(() => this.#operations.writeSomething(), 100)),
    ]);
  }

  /** Begins nothing more; resolves when all that was under way has ended. */
  async rest(): Promise<void> {
    this.#resting = true;
    await this.#loops;
  }

  async #readBurst(): Promise<void> {
    const size = Math.ceil(this.#random.between(0, largestBurst));
    await Promise.all(Array.from({ length: size }, () => this.#operations.readSomething()));
  }

  async #loop(operation: () => Promise<void>, longestPauseMs: number): Promise<void> {
    while (!this.#resting) {
      await operation();
      await sleep(this.#random.between(0, longestPauseMs));
    }
  }
}
