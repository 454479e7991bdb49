import { type Clock, type Milliseconds, richJsonCodec, systemClock, type ValueCodec } from "@aside/core";

/** How a {@link KnexDatabase} works. Wrong options are refused by a `TypeError` at construction. */
export interface KnexDatabaseOptions {
  /** Begins the names of the tables. Letters, digits and `_`, not a digit first, at most 32. Default: `aside_`. */
  readonly tablePrefix?: string | undefined;

  /**
   * How long a call of Aside's own waits for a connection of the pool; then it rejects with `DATABASE_TIMEOUT`. Your own queries on
   * the pool wait as long as Knex's `acquireConnectionTimeout` says. Default: 5,000.
   */
  readonly acquireTimeoutMs?: Milliseconds | undefined;

  /**
   * How long a statement of Aside's own may take; then its connection is given up and it rejects with `DATABASE_TIMEOUT` (with
   * `COMMIT_UNKNOWN`, if it was the COMMIT). Longer than the server's lock wait, 50 s by default. SQLite works while the event loop waits,
   * and cannot be stopped. Default: 60,000.
   */
  readonly statementTimeoutMs?: Milliseconds | undefined;

  /**
   * How long the outcome of a COMMIT whose reply was lost is looked for on another connection. Default: 30,000.
   */
  readonly unknownCommitMs?: Milliseconds | undefined;

  /**
   * How long what met a deadlock, or an SQLite file locked by another process, is tried again at random intervals; then it rejects with
   * `TRANSACTION_CONFLICT`. A transaction is repeated only where it is repeatable. Default: 5,000.
   */
  readonly retryTimeoutMs?: Milliseconds | undefined;

  /** How often a statement or a repeatable transaction is run at most, the first time included. Default: 10. */
  readonly maxAttempts?: number | undefined;

  /** Turns values of collections into text and back. Default: JSON that also keeps Date, Map, Set, BigInt, Uint8Array, undefined, NaN. */
  readonly codec?: ValueCodec | undefined;

  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

export type ResolvedKnexDatabaseOptions = {
  readonly [K in keyof KnexDatabaseOptions]-?: NonNullable<KnexDatabaseOptions[K]>;
};

export function resolveKnexDatabaseOptions(options: KnexDatabaseOptions = {}): ResolvedKnexDatabaseOptions {
  const { tablePrefix = "aside_", maxAttempts = 10 } = options;
  if (typeof tablePrefix !== "string" || !/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(tablePrefix)) {
    throw new TypeError("KnexDatabase: `tablePrefix` is 1 to 32 letters, digits and `_`, not a digit first.");
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new TypeError("KnexDatabase: `maxAttempts` is a whole number of at least 1.");
  }
  return Object.freeze({
    tablePrefix,
    maxAttempts,
    acquireTimeoutMs: duration("acquireTimeoutMs", options.acquireTimeoutMs, 5_000),
    statementTimeoutMs: duration("statementTimeoutMs", options.statementTimeoutMs, 60_000),
    unknownCommitMs: duration("unknownCommitMs", options.unknownCommitMs, 30_000),
    retryTimeoutMs: duration("retryTimeoutMs", options.retryTimeoutMs, 5_000),
    codec: options.codec ?? richJsonCodec,
    clock: options.clock ?? systemClock,
  });
}

/** Timers of Node take no longer delay. */
const longestMs = 2 ** 31 - 1;

function duration(name: string, value: Milliseconds | undefined, defaultMs: Milliseconds): Milliseconds {
  if (value === undefined) return defaultMs;
  if (typeof value !== "number" || !(value >= 1 && value <= longestMs)) {
    throw new TypeError(`KnexDatabase: \`${name}\` is a number of milliseconds from 1 to ${longestMs}.`);
  }
  return value;
}
