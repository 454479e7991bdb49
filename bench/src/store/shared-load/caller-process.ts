import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order, Reply, Start } from "./messages.js";

const program = fileURLToPath(new URL("./worker.js", import.meta.url));

/** A process full of callers, as its parent sees it. One order at a time. */
export class CallerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(start: Start) {
    this.#child = fork(program, [JSON.stringify(start)]);
    this.#ended = once(this.#child, "exit");
  }

  /** Resolves with the answer. Rejects when the process ends instead; what it printed says why. */
  async ask(order: Order): Promise<Reply> {
    const answered = once(this.#child, "message") as Promise<[Reply]>;
    const ended = this.#ended.then(() => {
      throw new Error(`a process of callers ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
    });
    this.#child.send(order);
    const [reply] = await Promise.race([answered, ended]);
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
