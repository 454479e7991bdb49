import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../plan/random.js";
import type { Operations } from "./operations.js";

const readers = 5;
const writers = 3;

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
      ...Array.from({ length: readers }, () => this.#loop(() => this.#operations.readSomething(), 2)),
      ...Array.from({ length: writers }, () => this.#loop(() => this.#operations.writeSomething(), 30)),
    ]);
  }

  /** Begins nothing more; resolves when all that was under way has ended. */
  async rest(): Promise<void> {
    this.#resting = true;
    await this.#loops;
  }

  async #loop(operation: () => Promise<void>, longestPauseMs: number): Promise<void> {
    while (!this.#resting) {
      await operation();
      await sleep(this.#random.between(0, longestPauseMs));
    }
  }
}
