import type { InvalidationEntry, InvalidationLog } from "../backend/invalidation-log.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { databaseLate, withDeadline } from "./deadline.js";

/** How long one access to the log may take. */
const logTimeoutMs = 10_000;

/** An invalidation log with core's own deadline on every call, whatever the database does. */
export class BoundedLog implements InvalidationLog {
  readonly #log: InvalidationLog;
  readonly #clock: Clock;

  constructor(log: InvalidationLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  append(entries: readonly InvalidationEntry[]): Promise<void> {
    return this.#bound(() => this.#log.append(entries));
  }

  read(cache: string, limit: number, afterId?: string): Promise<readonly InvalidationEntry[]> {
    return this.#bound(() => this.#log.read(cache, limit, afterId));
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#bound(() => this.#log.remove(ids));
  }

  oldestAgeMs(cache: string): Promise<Milliseconds | undefined> {
    return this.#bound(() => this.#log.oldestAgeMs(cache));
  }

  async #bound<T>(call: () => Promise<T>): Promise<T> {
    return withDeadline(this.#clock, logTimeoutMs, call(), () => databaseLate());
  }
}
