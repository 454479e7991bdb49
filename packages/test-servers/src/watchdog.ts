import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Reads the id of the process group to guard, line by line, until its input ends: then its owner is gone or has no
 * more use for it. It kills the group named last and deletes the folder, until it stays deleted: a dying server may
 * still write. PostgreSQL's children are each a group of their own, and would not notice anything while they are stopped; its bit
 * of shared memory, which is named in its folder, outlives it. A shell, since it starts in a millisecond and stays small.
 */
const script = `
trap '' HUP INT TERM QUIT
group=
while IFS= read -r line; do group=$line; done
if [ -n "$group" ]; then
  children=$(pgrep -P "$group" 2>/dev/null)
  kill -KILL "-$group" 2>/dev/null && sleep 0.05
  for child in $children; do kill -KILL "$child" 2>/dev/null; done
fi
segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$segment" ]; then ipcrm -m "$segment" 2>/dev/null; fi
tries=0
while rm -rf -- "$1"; [ -e "$1" ] && [ $tries -lt 40 ]; do tries=$((tries + 1)); sleep 0.05; done
`;

/**
 * A temporary folder, and at most one process group that works in it, which both go away with their owner, however
 * the owner ends: the operating system closes a pipe, and the small process at its other end cleans up.
 */
export class Watchdog implements AsyncDisposable {
  /** The folder; exists until `end`. */
  readonly folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.folder = folder;
    this.#process = process;
  }

  /** Makes a fresh folder in the temporary folder of the system, and watches over it. */
  static async start(prefix: string): Promise<Watchdog> {
    const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
    const child = spawn("/bin/sh", ["-c", script, `${prefix}-watchdog`, folder], {
      detached: true, // Ctrl-C in the terminal is for the owner
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    await once(child, "spawn");
    child.stdin?.on("error", () => undefined); // it was killed; what it guarded is then found by nobody
    child.unref();
    (child.stdin as Socket | null)?.unref();
    return new Watchdog(folder, child);
  }

  /** From now on this process group dies with the owner; `undefined`: none. */
  guard(processGroup: number | undefined): void {
    this.#process.stdin?.write(`${processGroup ?? ""}\n`);
  }

  /** Kills the guarded group and deletes the folder, as the owner's death would. May be called again. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.ref();
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
