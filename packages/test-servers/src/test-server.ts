/** How a server comes back. */
export interface RestartOptions {
  /** Listen on the port of before, as a machine that reboots does. Default: `true`. */
  readonly keepPort?: boolean | undefined;
  /** What ends the running server first. Default: `"SIGKILL"`, a crash. */
  readonly signal?: NodeJS.Signals | undefined;
}

/**
 * A real server of this machine, started for one test on a free port of the loopback interface, with its own data
 * folder. It goes away with `stop`, and also when the process that started it dies in any way.
 * Its methods are for one driver: await each call before the next.
 */
export interface TestServer extends AsyncDisposable {
  readonly host: string;
  /** Changes only by a restart that does not keep it. */
  readonly port: number;
  /** The id of the running process; `undefined` while there is none. */
  readonly pid: number | undefined;
  /** The arguments that the running, or last, process was started with. */
  readonly args: readonly string[];
  /** Ends the process, by default as a crash, and resolves when it is gone. Its data folder stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the process in its tracks (SIGSTOP): connections stay open, nothing answers. Resolves when it stands still. */
  pause(): Promise<void>;
  /** Lets a paused process go on. */
  resume(): void;
  /** Ends the process if it runs, starts it again on the same data folder, and resolves when it answers. */
  restart(options?: RestartOptions): Promise<void>;
  /** Ends the process and deletes all its data. May be called again. */
  stop(): Promise<void>;
}
