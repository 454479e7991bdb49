import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Keeps the line read last; when its input ends, its owner is gone or done: it kills the processes named there and
 * deletes the folder, once they can write no more.
 */
const script = `
trap '' HUP INT TERM QUIT
pids=
while IFS= read -r line; do pids=$line; done
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null && sleep 0.1
rm -rf -- "$1"
`;

/**
 * A temporary folder, and processes, that go away with their owner, however it ends. The processes would notice by themselves, but not while they are
 * stopped; and nobody would let them go on then.
 */
export class ProcessGuard implements AsyncDisposable {
  /** The folder; exists until the end. */
  readonly folder: string;
  readonly #shell: ChildProcess;
  readonly #pids = new Set<number>();

  /** Makes a fresh folder in the temporary folder of the system. */
  constructor(prefix: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
    this.#shell = spawn("/bin/sh", ["-c", script, `${prefix}-guard`, this.folder], {
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

  /** Kills what is still guarded, and deletes the folder. */
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
