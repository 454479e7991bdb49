import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { FragileServer } from "./fragile-server.js";

/** How long a {@link FragileLink} waits for an answer. */
export const statementTimeoutMs: Milliseconds = 200;

/** The way to a server in memory that dies, starts anew and falls silent by hand. What the server holds is not its business. */
export class FragileLink implements FragileServer {
  readonly #clock: Clock;
  readonly #underWay: Set<(error: AsideError) => void> = new Set();
  #up = true;
  #silent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async kill(): Promise<void> {
    this.#up = false;
    for (const reject of [...this.#underWay]) reject(unavailable());
  }

  async start(): Promise<void> {
    this.#up = true;
    this.#silent = false;
  }

  async silence(): Promise<void> {
    this.#silent = true;
  }

  async speak(): Promise<void> {
    this.#silent = false;
  }

  /** Lets the server do it in a later turn; never, if it is silent or dead then. */
  call<T>(effect: () => Promise<T>): Promise<T> {
    if (!this.#up) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        this.#underWay.delete(fail);
        settle();
      };
      const fail = (error: AsideError): void => end(() => reject(error));
      const timer = this.#clock.after(statementTimeoutMs, () =>
        fail(new AsideError("DATABASE_TIMEOUT", "no answer in time")),
      );
      this.#underWay.add(fail);
      setImmediate(() => {
        if (!this.#underWay.has(fail) || this.#silent) return;
        effect().then(
          (result) => end(() => resolve(result)),
          (error: unknown) => end(() => reject(error)),
        );
      });
    });
  }
}

function unavailable(): AsideError {
  return new AsideError("DATABASE_UNAVAILABLE", "connection lost");
}
