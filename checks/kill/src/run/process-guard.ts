import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Keeps the line read last; when its input ends, its owner is gone or done, and it kills the processes named there. */
const script = `
trap '' HUP INT TERM QUIT
pids=
while IFS= read -r line; do pids=$line; done
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null
`;

/**
 * Sees to it that processes die with their owner, however it ends. They would notice by themselves, but not while they are
 * stopped; and nobody would let them go on then.
 */
export class ProcessGuard implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #pids = new Set<number>();

  constructor() {
    this.#shell = spawn("/bin/sh", ["-c", script], {
      detached: true, // Ctrl-C in the terminal is for the owner
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    this.#shell.stdin?.on("error", () => undefined);
    this.#shell.on("error", () => undefined);
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#tell();
  }

  remove(pid: number): void {
    this.#pids.delete(pid);
    this.#tell();
  }

  /** Kills what is still guarded. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return;
    const ended = once(this.#shell, "exit");
    this.#shell.stdin?.end();
    await ended;
  }

  #tell(): void {
    this.#shell.stdin?.write(`${[...this.#pids].join(" ")}\n`);
  }
}
