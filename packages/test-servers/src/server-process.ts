import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.js";
import { childrenOf } from "./process-family.js";
import { stateOf } from "./process-state.js";
import type { SystemUser } from "./system-user.js";
import type { RestartOptions, TestServer } from "./test-server.js";
import type { Watchdog } from "./watchdog.js";

/** What one kind of server needs to be started and recognised. */
export interface ServerKind {
  /** For messages. */
  readonly name: string;
  readonly binary: string;
  /** Whose processes they are, where that is not the user of this one. */
  readonly user?: SystemUser | undefined;
  /** It serves each client by a process of its own. Default: `false`. */
  readonly forks?: boolean | undefined;
  /** The command line for a data folder and a port. */
  argsFor(folder: string, port: number): string[];
  /** Whether this very process answers on its port; a server of somebody else there does not count. */
  answers(folder: string, port: number, pid: number): Promise<boolean>;
}

const host = "127.0.0.1";
const startTimeoutMs = 30_000;
const pollMs = 15;

/** Runs one server process after the other in the folder of one watchdog, which it owns. */
export class ServerProcess implements TestServer {
  readonly host: string = host;
  readonly #kind: ServerKind;
  readonly #watchdog: Watchdog;
  #port = 0;
  #child: ChildProcess | undefined;
  #args: readonly string[] = [];
  #stopped = false;
  /** Children that stand still. */
  #paused: readonly number[] = [];

  constructor(kind: ServerKind, watchdog: Watchdog) {
    this.#kind = kind;
    this.#watchdog = watchdog;
  }

  /** Starts the first process, on a free port. After a failure nothing is left, the watchdog ended. */
  async launch(): Promise<void> {
    try {
      await this.#startOnFreePort();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#isRunning() ? this.#child?.pid : undefined;
  }

  get args(): readonly string[] {
    return this.#args;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#isRunning()) return;
    child.ref();
    const exited = once(child, "exit");
    // After a crash its children would go on for a moment, and finish what they are at.
    const family = signal === "SIGKILL" ? this.#stopAll(this.#runningPid("kill")) : [];
    child.kill(signal);
    for (const pid of family) signalIfAlive(pid, signal);
    for (const pid of this.#paused) signalIfAlive(pid, "SIGCONT");
    this.#paused = [];
    child.kill("SIGCONT"); // a paused process hears nothing but SIGKILL
    await exited;
    for (const pid of family) while ((await stateOf(pid)) !== "gone") await sleep(1);
    this.#watchdog.guard(undefined);
  }

  async pause(): Promise<void> {
    const pid = this.#runningPid("pause");
    this.#paused = this.#stopAll(pid);
    for (const each of [pid, ...this.#paused]) while ((await stateOf(each)) === "running") await sleep(1);
  }

  resume(): void {
    process.kill(this.#runningPid("resume"), "SIGCONT");
    for (const pid of this.#paused) signalIfAlive(pid, "SIGCONT");
    this.#paused = [];
  }

  async restart(options: RestartOptions = {}): Promise<void> {
    if (this.#stopped) throw new Error(`This ${this.#kind.name} was stopped and its data deleted.`);
    await this.kill(options.signal);
    if (options.keepPort ?? true) await this.#startOn(this.#port);
    else await this.#startOnFreePort();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.kill();
    await this.#watchdog.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Somebody else may take a port between the search and the start: then look for another one. */
  async #startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#startOn(await freePort());
      } catch (error) {
        if (
          attempt === 5 ||
          !/address already in use|bind on tcp|can't start server: bind/i.test(String(error))
        )
          throw error;
      }
    }
  }

  async #startOn(port: number): Promise<void> {
    const { folder } = this.#watchdog;
    const logFile = join(folder, "server.log");
    const log = openSync(logFile, "a");
    this.#port = port;
    this.#args = this.#kind.argsFor(folder, port);
    const child = spawn(this.#kind.binary, this.#args, {
      detached: true, // its own process group: the watchdog kills it with all its children, Ctrl-C does not
      stdio: ["ignore", log, log],
      cwd: folder,
      ...this.#kind.user,
    });
    closeSync(log);
    this.#child = child;
    this.#watchdog.guard(child.pid);
    await once(child, "spawn");
    const pid = this.#runningPid("start");
    const deadline = performance.now() + startTimeoutMs;
    while (!(await this.#kind.answers(folder, port, pid))) {
      const why = !this.#isRunning()
        ? "ended while it started"
        : performance.now() > deadline
          ? "does not answer"
          : "";
      if (why !== "") {
        await this.kill();
        throw new Error(`${this.#kind.name} on port ${port} ${why}:\n${await lastLines(logFile)}`);
      }
      await sleep(pollMs);
    }
    child.unref(); // a server that somebody forgot to stop does not keep this process alive
  }

  /** Tells the process to stop, so that it makes no more children, and then those; these are the result. */
  #stopAll(pid: number): readonly number[] {
    signalIfAlive(pid, "SIGSTOP");
    const children = this.#kind.forks === true ? childrenOf(pid) : [];
    for (const child of children) signalIfAlive(child, "SIGSTOP");
    return children;
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #runningPid(verb: string): number {
    const pid = this.pid;
    if (pid === undefined) throw new Error(`Cannot ${verb} this ${this.#kind.name}: it does not run.`);
    return pid;
  }
}

/** A process may end at any moment. */
function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-15).join("\n");
}
