import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Reply } from "../worker/messages.js";
import type { ProcessGuard } from "./process-guard.js";

const program = fileURLToPath(new URL("../worker/main.js", import.meta.url));
/** How much of what a worker printed is kept for the report of its end. */
const keptCharacters = 4_000;

/** A worker as the parent sees it. */
export class WorkerProcess {
  readonly name: string;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  #printed = "";
  #mayEnd = false;
  #ended = false;

  /** @param onDefect - called when the process ends though nobody wanted it to. */
  constructor(
    order: Order & { readonly type: "start" },
    guard: ProcessGuard,
    onDefect: (what: string) => void,
  ) {
    this.name = order.name;
    const child = fork(program, [], { execArgv: ["--expose-gc"], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#printed = (this.#printed + text).slice(-keptCharacters);
      });
    }
    if (child.pid !== undefined) guard.add(child.pid);
    child.on("error", () => undefined); // a message to a process that was killed meanwhile
    this.gone = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        this.#ended = true;
        if (child.pid !== undefined) guard.remove(child.pid);
        const wanted = this.#mayEnd && (signal === "SIGKILL" || code === 0);
        if (!wanted)
          onDefect(`worker ${this.name} ended by itself (${signal ?? code}): ${this.#printed.trim()}`);
        resolve();
      });
    });
    this.#send(order);
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /** Resolves with the worker's answer to `order`. Rejects when it ends, or does not answer within `timeoutMs`. */
  async ask<T extends Reply["type"]>(
    order: Order | undefined,
    answer: T,
    timeoutMs: number,
  ): Promise<Reply & { readonly type: T }> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#child.off("message", hear);
        act();
      };
      const hear = (reply: Reply): void => {
        if (reply.type === answer) settle(() => resolve(reply as Reply & { readonly type: T }));
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`worker ${this.name} ${why} instead of "${answer}"`)));
      const timer = setTimeout(() => fail(`gave no answer within ${timeoutMs} ms`), timeoutMs);
      this.#child.on("message", hear);
      void this.gone.then(() => fail("ended"));
      if (order !== undefined) this.#send(order);
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal);
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#mayEnd = true;
    this.signal("SIGKILL");
    await this.gone;
  }

  /** Lets it close everything; resolves with whether it then ended by itself within `timeoutMs`. */
  async end(timeoutMs: number): Promise<boolean> {
    this.#mayEnd = true;
    this.#send({ type: "end" });
    const late = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    await this.gone;
    clearTimeout(late);
    return this.#child.exitCode === 0;
  }

  #send(order: Order): void {
    if (this.#child.connected) this.#child.send(order);
  }
}
