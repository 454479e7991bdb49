import { describe, expect, it } from "@jest/globals";
import type { PersistenceBackend, WriteOptions } from "../backend/persistence-backend.js";
import type { Transaction, TransactionParticipant, TransactionScope } from "../backend/transaction-scope.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import type { DatabaseHarness } from "./database/database-harness.js";
import { statementTimeoutMs } from "./fragile-link.js";
import { FragileMemoryDatabase } from "./fragile-memory-database.js";
import { ManualClock } from "./manual-clock.js";
import { persistenceBackendContract } from "./persistence-backend-contract.js";
import { failingTests, withMethods } from "./recording-runner.js";
import { transactionScopeContract } from "./transaction-scope-contract.js";

type Rows = PersistenceBackend<unknown>;

const clock = new ManualClock();
const harnessOf = (breakIt: (rows: MemoryPersistence<unknown>) => Rows): DatabaseHarness => ({
  name: "broken",
  clock,
  fencing: true,
  log: true,
  bytes: true,
  async open() {
    const transactions = new MemoryTransactions({ clock, log: true });
    const rows = new MemoryPersistence<unknown>({ clock, transactions });
    return { persistence: breakIt(rows), async [Symbol.asyncDispose]() {} };
  },
});

interface Defect {
  readonly name: string;
  readonly breakIt: (rows: MemoryPersistence<unknown>) => Rows;
  readonly caughtBy: RegExp;
}

const without = (options: WriteOptions | undefined, name: keyof WriteOptions): WriteOptions => {
  const { [name]: _left, ...rest } = options ?? {};
  return rest;
};

/** A collection that makes something else of its keys. */
const withRowKeys = (rows: MemoryPersistence<unknown>, change: (key: string) => string): Rows =>
  withMethods<Rows>(rows, {
    write: (key, value, options) => rows.write(change(key), value, options),
    remove: (key, options) => rows.remove(change(key), options),
    async readMany(keys, options) {
      const found = await rows.readMany(keys.map(change), options);
      return new Map(
        keys.flatMap((key) => {
          const row = found.get(change(key));
          return row === undefined ? [] : [[key, row]];
        }),
      );
    },
  });

const keeps = (options: WriteOptions | undefined): boolean => options?.expiresAtMs === "keep";

const rowDefects: readonly Defect[] = [
  {
    name: "versions start again after a removal",
    breakIt: (rows) => {
      const versions = new Map<string, number>();
      return withMethods(rows, {
        async write(key, value, options) {
          const result = await rows.write(key, value, options);
          if (!result.written) return result;
          versions.set(key, (versions.get(key) ?? 0) + 1);
          return { written: true, version: String(versions.get(key)) };
        },
        remove(key, options) {
          versions.delete(key);
          return rows.remove(key, options);
        },
      });
    },
    caughtBy: /no write repeats a version/,
  },
  {
    name: "it hands out the caller's objects",
    breakIt: (rows) => {
      const objects = new Map<string, unknown>();
      return withMethods(rows, {
        write(key, value, options) {
          objects.set(key, value);
          return rows.write(key, value, options);
        },
        async readMany(keys, options) {
          const found = await rows.readMany(keys, options);
          return new Map([...found].map(([key, row]) => [key, { ...row, value: objects.get(key) }]));
        },
      });
    },
    caughtBy: /what was read belongs to the reader/,
  },
  {
    name: "a falsy value is taken for a missing row",
    breakIt: (rows) =>
      withMethods(rows, {
        async readMany(keys, options) {
          return new Map([...(await rows.readMany(keys, options))].filter(([, row]) => row.value));
        },
      }),
    caughtBy: /zero comes back/,
  },
  {
    name: "text ends at a NUL",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key, typeof value === "string" ? value.split("\0")[0] : value, options),
      }),
    caughtBy: /a NUL and other control characters come|a NUL/,
  },
  {
    name: "expected versions are ignored",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) => rows.write(key, value, without(options, "expectedVersion")),
      }),
    caughtBy: /a write that expects another version is not done/,
  },
  {
    name: "expecting no row means expecting nothing",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(
            key,
            value,
            options?.expectedVersion === null ? without(options, "expectedVersion") : options,
          ),
      }),
    caughtBy: /a write that expects no row is done where there is none, and only there/,
  },
  {
    name: "versions are compared before the row is locked",
    breakIt: (rows) =>
      withMethods(rows, {
        async write(key, value, options) {
          const version = (await rows.readMany([key])).get(key)?.version;
          const expected = options?.expectedVersion;
          if (expected !== undefined && (expected ?? undefined) !== version) {
            return { written: false, reason: "version", version };
          }
          return rows.write(key, value, without(options, "expectedVersion"));
        },
      }),
    caughtBy: /of twenty (inserts|writes) that expect/,
  },
  {
    name: "fencing tokens are ignored",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) => rows.write(key, value, without(options, "fencingToken")),
      }),
    caughtBy: /equal and greater tokens write, smaller ones do not/,
  },
  {
    name: "fencing tokens lose their last digits",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key, value, {
            ...options,
            fencingToken: options?.fencingToken && BigInt(Number(options.fencingToken)),
          }),
      }),
    caughtBy: /tokens beyond 53 bits/,
  },
  {
    name: "keys end at their last blank",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) => rows.write(key.trimEnd(), value, options),
        async readMany(keys, options) {
          const found = await rows.readMany(
            keys.map((key) => key.trimEnd()),
            options,
          );
          return new Map(
            keys.flatMap((key) => {
              const row = found.get(key.trimEnd());
              return row === undefined ? [] : [[key, row]];
            }),
          );
        },
      }),
    caughtBy: /that differ by blanks at the end/,
  },
  {
    name: "long keys are cut",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key.slice(0, 255), value, without(options, "expectedVersion")),
        async readMany(keys, options) {
          const found = await rows.readMany(
            keys.map((key) => key.slice(0, 255)),
            options,
          );
          return new Map(
            keys.flatMap((key) => {
              const row = found.get(key.slice(0, 255));
              return row === undefined ? [] : [[key, row]];
            }),
          );
        },
      }),
    caughtBy: /that are too long are refused/,
  },
  {
    name: "touch revives what has ended",
    breakIt: (rows) =>
      withMethods(rows, {
        async touch(key, expiresAtMs) {
          return (
            (await rows.touch(key, expiresAtMs)) || (await rows.write(key, null, { expiresAtMs })).written
          );
        },
      }),
    caughtBy: /a row that ended cannot be touched/,
  },
  {
    name: "touch writes the row anew",
    breakIt: (rows) =>
      withMethods(rows, {
        async touch(key, expiresAtMs) {
          const row = (await rows.readMany([key])).get(key);
          return row !== undefined && (await rows.write(key, row.value, { expiresAtMs })).written;
        },
      }),
    caughtBy: /touch moves the end, and neither the value nor the version/,
  },
  {
    name: "touch reports only a change",
    breakIt: (rows) =>
      withMethods(rows, {
        async touch(key, expiresAtMs) {
          const row = (await rows.readMany([key])).get(key);
          return row?.expiresAtMs !== expiresAtMs && rows.touch(key, expiresAtMs);
        },
      }),
    caughtBy: /touch to the same end finds the row/,
  },
  {
    name: "bytes pass through text",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(
            key,
            value instanceof Uint8Array
              ? new Uint8Array(Buffer.from(Buffer.from(value).toString("utf8")))
              : value,
            options,
          ),
      }),
    caughtBy: /every byte value comes back/,
  },
  {
    name: "no bytes are nothing",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key, value instanceof Uint8Array && value.length === 0 ? null : value, options),
      }),
    caughtBy: /no bytes at all comes back/,
  },
  {
    name: "long values are cut",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key, typeof value === "string" ? value.slice(0, 1_000_000) : value, options),
      }),
    caughtBy: /a string of three million characters/,
  },
  {
    name: "a control character of a key is lost",
    breakIt: (rows) => withRowKeys(rows, (key) => key.replace("\u0008", "")),
    caughtBy: /that differ by any character of ASCII/,
  },
  {
    name: "a byte of a key is lost",
    breakIt: (rows) => withRowKeys(rows, (key) => key.replace("\u00ff", "\u00bf")),
    caughtBy: /that differ by any byte of UTF-8/,
  },
  {
    name: "a row that has ended still shows",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) => rows.write(key, value, without(options, "expiresAtMs")),
      }),
    caughtBy: /a row is there until its end, and absent from then on/,
  },
  {
    name: "an end that is to be kept is dropped",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(key, value, keeps(options) ? without(options, "expiresAtMs") : options),
      }),
    caughtBy: /a write that keeps the end leaves it where it was moved last/,
  },
  {
    name: "an end is kept as it was written, not as it was moved",
    breakIt: (rows) => {
      const ends = new Map<string, WriteOptions["expiresAtMs"]>();
      return withMethods(rows, {
        write(key, value, options) {
          if (!keeps(options)) ends.set(key, options?.expiresAtMs);
          return rows.write(key, value, { ...options, expiresAtMs: ends.get(key) });
        },
      });
    },
    caughtBy: /a write that keeps the end leaves it where it was moved last/,
  },
  {
    name: "a row that never ends gets an end where it is to be kept",
    breakIt: (rows) =>
      withMethods(rows, {
        async write(key, value, options) {
          const row = (await rows.readMany([key])).get(key);
          const endless = keeps(options) && row !== undefined && row.expiresAtMs === undefined;
          return rows.write(
            key,
            value,
            endless ? { ...options, expiresAtMs: clock.nowMs() + 60_000 } : options,
          );
        },
      }),
    caughtBy: /a write that keeps the end of a row that never ends never ends/,
  },
  {
    name: "the end of a row that has ended is kept",
    breakIt: (rows) => {
      const ended = new Map<string, number>();
      return withMethods(rows, {
        write(key, value, options) {
          const endMs = options?.expiresAtMs;
          if (typeof endMs === "number" && endMs <= clock.nowMs()) ended.set(key, endMs);
          const keptMs = keeps(options) ? ended.get(key) : undefined;
          return rows.write(key, value, keptMs === undefined ? options : { ...options, expiresAtMs: keptMs });
        },
      });
    },
    caughtBy: /a write that is to keep the end of no row, or of one that ended or was removed, never ends/,
  },
  {
    name: "an end is not kept where there is a token",
    breakIt: (rows) =>
      withMethods(rows, {
        write: (key, value, options) =>
          rows.write(
            key,
            value,
            keeps(options) && options?.fencingToken !== undefined ? without(options, "expiresAtMs") : options,
          ),
      }),
    caughtBy: /a write with a token can keep the end/,
  },
  {
    name: "a removal that expects no row removes one",
    breakIt: (rows) =>
      withMethods(rows, {
        remove: (key, options) =>
          rows.remove(key, options?.expectedVersion === null ? without(options, "expectedVersion") : options),
      }),
    caughtBy: /a removal that expects no row removes nothing/,
  },
  {
    name: "a sweep takes more than it was told",
    breakIt: (rows) => withMethods(rows, { removeExpired: () => rows.removeExpired(1_000) }),
    caughtBy: /removeExpired removes what has ended, at most as many as told/,
  },
  {
    name: "a read for update locks nothing",
    breakIt: (rows) => withMethods(rows, { readMany: (keys) => rows.readMany(keys) }),
    caughtBy: /twenty read-modify-writes at once keep all twenty/,
  },
  {
    name: "a long list of keys is cut",
    breakIt: (rows) =>
      withMethods(rows, { readMany: (keys, options) => rows.readMany(keys.slice(0, 100), options) }),
    caughtBy: /of five hundred keys/,
  },
];

/** A collection whose transactions are those of `scope`. */
const withScope = (
  rows: MemoryPersistence<unknown>,
  methods: (scope: MemoryTransactions) => {
    readonly [Name in keyof TransactionScope]?: TransactionScope[Name];
  },
): Rows => {
  const transactions = withMethods<TransactionScope>(rows.transactions, methods(rows.transactions));
  return withMethods<Rows>(rows, { transactions });
};

/** A scope whose participants are changed on their way in. */
const withParticipants = (
  rows: MemoryPersistence<unknown>,
  participant: (transaction: Transaction) => Transaction["participant"],
): Rows =>
  withScope(rows, (scope) => ({
    current() {
      const transaction = scope.current();
      return transaction && withMethods<Transaction>(transaction, { participant: participant(transaction) });
    },
  }));

const scopeDefects: readonly Defect[] = [
  {
    name: "nothing is rolled back",
    breakIt: (rows) => withScope(rows, () => ({ run: (work) => work() })),
    caughtBy: /nothing of it is left when the work rejects/,
  },
  {
    name: "errors are wrapped",
    breakIt: (rows) =>
      withScope(rows, (scope) => ({
        run: (work) =>
          scope.run(work).catch((error: unknown) => {
            throw new Error("transaction failed", { cause: error });
          }),
      })),
    caughtBy: /what the work throws is thrown unchanged/,
  },
  {
    name: "a joined run stands alone",
    breakIt: (rows) => withScope(rows, (scope) => ({ run: (work) => scope.outside(() => scope.run(work)) })),
    caughtBy: /a joined run is part of the surrounding transaction/,
  },
  {
    name: "a caught error of a joined run is forgotten",
    breakIt: (rows) =>
      withScope(rows, (scope) => ({ run: (work) => (scope.current() ? work() : scope.run(work)) })),
    caughtBy: /a joined run that rejects rolls back all/,
  },
  {
    name: "reads outside see what is not committed",
    breakIt: (rows) => withScope(rows, () => ({ outside: (work) => work() })),
    caughtBy: /outside leaves the transaction/,
  },
  {
    name: "a participant is made at every call",
    breakIt: (rows) =>
      withParticipants(rows, (transaction) => (_key, create) => transaction.participant({}, create)),
    caughtBy: /there is one for each key and transaction/,
  },
  {
    name: "nobody waits for the end of a participant",
    breakIt: (rows) =>
      withParticipants(rows, (transaction) => (key, create) => {
        const made = create();
        const hasty = withMethods<typeof made>(made, {
          afterEnd: async (end) => void made.afterEnd(end),
        } as Partial<typeof made>);
        return transaction.participant(key, () => hasty);
      }),
    caughtBy: /run's caller waits for them/,
  },
  {
    name: "a participant acts after the commit only",
    breakIt: (rows) =>
      withParticipants(rows, (transaction) => (key, create) => {
        const made = create();
        const late = withMethods<typeof made>(made, {
          beforeCommit: async () => {},
          afterEnd: async (end) => {
            if (end.outcome === "committed") await made.beforeCommit();
            await made.afterEnd(end);
          },
        } as Partial<typeof made>);
        return transaction.participant(key, () => late);
      }),
    caughtBy: /before the commit they run inside/,
  },
  {
    name: "the log commits by itself",
    breakIt: (rows) =>
      withScope(rows, (scope) => ({
        log: withMethods(logOf(scope), {
          append: (entries) => scope.outside(() => logOf(scope).append(entries)),
        }),
      })),
    caughtBy: /rows appended in a transaction are rolled back with it/,
  },
  {
    name: "the log removes by key",
    breakIt: (rows) =>
      withScope(rows, (scope) => {
        const cacheOf = new Map<string, string>();
        const log = logOf(scope);
        return {
          log: withMethods(log, {
            append(entries) {
              for (const { id, cache } of entries) cacheOf.set(id, cache);
              return log.append(entries);
            },
            async remove(ids) {
              for (const id of ids) {
                const all = await log.read(cacheOf.get(id) ?? "", 10_000);
                const key = all.find((entry) => entry.id === id)?.key;
                await log.remove(all.filter((entry) => entry.key === key).map((entry) => entry.id));
              }
            },
          }),
        };
      }),
    caughtBy: /removing deletes exactly the rows named/,
  },
  {
    name: "the log ignores where a scan has got to",
    breakIt: (rows) =>
      withScope(rows, (scope) => ({
        log: withMethods(logOf(scope), { read: (cache, limit) => logOf(scope).read(cache, limit) }),
      })),
    caughtBy: /a scan in pieces goes by id/,
  },
  {
    name: "the log does not age",
    breakIt: (rows) =>
      withScope(rows, (scope) => ({
        log: withMethods(logOf(scope), {
          oldestAgeMs: async (cache) =>
            (await logOf(scope).oldestAgeMs(cache)) === undefined ? undefined : 0,
        }),
      })),
    caughtBy: /the age of the oldest row grows/,
  },
];

function logOf(scope: TransactionScope): NonNullable<TransactionScope["log"]> {
  if (scope.log === undefined) throw new TypeError("no log");
  return scope.log;
}

/** A harness whose server can be broken, and whose adapter is. */
const fragileHarnessOf = (
  breakIt: (rows: Rows, database: FragileMemoryDatabase) => Rows,
  close: (database: FragileMemoryDatabase) => Promise<void> = (database) => database.close(),
): DatabaseHarness => {
  const opened = async () => {
    const database = new FragileMemoryDatabase(clock);
    return {
      persistence: breakIt(database.persistence, database),
      deadlineMs: 2 * statementTimeoutMs,
      close: () => close(database),
      kill: () => database.kill(),
      start: () => database.start(),
      silence: () => database.silence(),
      speak: () => database.speak(),
      async [Symbol.asyncDispose]() {},
    };
  };
  return { ...harnessOf((rows) => rows), open: opened, openFragile: opened };
};

/** A scope of which some methods are replaced. */
const scopeWith = (rows: Rows, methods: (scope: TransactionScope) => Partial<TransactionScope>): Rows =>
  withMethods<Rows>(rows, {
    transactions: withMethods<TransactionScope>(rows.transactions, methods(rows.transactions)),
  });

const never = () => new Promise<never>(() => {});

const faultDefects: ReadonlyArray<{
  readonly name: string;
  readonly breakIt: (rows: Rows, database: FragileMemoryDatabase) => Rows;
  readonly caughtBy: RegExp;
}> = [
  {
    name: "calls of a dead server wait for ever",
    breakIt: (rows) =>
      withMethods(rows, { readMany: (keys, options) => rows.readMany(keys, options).catch(never) }),
    caughtBy: /when the server dies in mid-call/,
  },
  {
    name: "errors of the driver get through",
    breakIt: (rows) =>
      withMethods(rows, {
        remove: (key, options) =>
          rows.remove(key, options).catch(() => {
            throw new Error("ECONNRESET");
          }),
      }),
    caughtBy: /when the server dies in mid-call/,
  },
  {
    name: "a start loses what was committed",
    breakIt: (rows, database) => {
      const start = database.start.bind(database);
      database.start = async () => {
        await start();
        await rows.remove("live");
      };
      return rows;
    },
    caughtBy: /when the server dies in mid-call/,
  },
  ...(["write", "remove", "touch", "removeExpired"] as const).map((name) => ({
    name: `${name} is sent again`,
    breakIt: (rows: Rows) => {
      const call = (args: unknown[]) =>
        (rows[name] as (...all: unknown[]) => Promise<unknown>).apply(rows, args);
      const again = async (args: unknown[]): Promise<void> => {
        for (let attempt = 0; attempt < 3; attempt += 1) await call(args).catch(() => undefined);
      };
      return withMethods<Rows>(rows, {
        [name]: (...args: unknown[]) => {
          const first = call(args);
          first.catch(() => again(args));
          return first;
        },
      });
    },
    caughtBy: new RegExp(`${name} that gets no answer rejects by its deadline, and is not sent again`),
  })),
  {
    name: "a read waits for longer than its deadline",
    breakIt: (rows) =>
      withMethods(rows, {
        readMany: async (keys, options) => {
          try {
            return await rows.readMany(keys, options);
          } catch {
            return await rows.readMany(keys, options).catch(() => rows.readMany(keys, options));
          }
        },
      }),
    caughtBy: /readMany that gets no answer rejects by its deadline/,
  },
];

const scopeFaultDefects: typeof faultDefects = [
  {
    name: "work that caught the error of a lost connection is taken for done",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({
        run: (work, options) => scope.run(work, options).catch(() => undefined as never),
      })),
    caughtBy: /when the server dies within a transaction/,
  },
  {
    name: "what a transaction wrote outside of it stays",
    breakIt: (rows) =>
      withMethods<Rows>(rows, {
        write: (key, value, options) => rows.transactions.outside(() => rows.write(key, value, options)),
      }),
    caughtBy: /when the server dies within a transaction/,
  },
  {
    name: "nobody is told of a commit that was not answered",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({
        current() {
          const transaction = scope.current();
          return (
            transaction &&
            withMethods<Transaction>(transaction, {
              participant: (key, create) => {
                const made = create();
                transaction.participant(key, () =>
                  withMethods<TransactionParticipant>(made, { afterEnd: async () => {} }),
                );
                return made;
              },
            })
          );
        },
      })),
    caughtBy: /when the server dies just before the commit/,
  },
  {
    name: "a commit that was not answered is taken for done",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({
        run: (work, options) =>
          scope.run(work, options).catch((error: unknown) => {
            if (error instanceof Error && error.message === "no answer in time") return undefined as never;
            throw error;
          }),
      })),
    caughtBy: /when the server falls silent just before the commit/,
  },
  {
    name: "what was not committed is written again",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({
        run: (work, options) =>
          scope.run(work, options).catch((error: unknown) => {
            void rows.write("b", "within").catch(() => rows.write("b", "within"));
            throw error;
          }),
      })),
    caughtBy: /when the server falls silent just before the commit/,
  },
  {
    name: "whoever waits for a row of a dead server waits on",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({ run: (work, options) => scope.run(work, options).catch(never) })),
    caughtBy: /one that waits for a row when the server dies/,
  },
  {
    name: "a transaction that cannot begin is tried for ever",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => ({
        async run(work, options) {
          for (;;) {
            try {
              return await scope.run(work, options);
            } catch (error) {
              if (options?.repeatable !== true) throw error;
              await clock.advance(0);
            }
          }
        },
      })),
    caughtBy: /a transaction that begins while nothing answers/,
  },
  {
    name: "the log is written later",
    breakIt: (rows) =>
      scopeWith(rows, (scope) => {
        const log = logOf(scope);
        return {
          log: withMethods(log, {
            append: async (entries) => {
              await log.append(entries).catch((error: unknown) => {
                void log.append(entries).catch(() => log.append(entries));
                throw error;
              });
            },
          }),
        };
      }),
    caughtBy: /calls of the log that get no answer/,
  },
];

describe("the contract suites for databases with a server that fails", () => {
  const suites = { collections: persistenceBackendContract, transactions: transactionScopeContract };

  it.each(Object.entries(suites))("pass the reference: %s", async (_name, suite) => {
    const failing = await failingTests((runner) =>
      suite(
        runner,
        fragileHarnessOf((rows) => rows),
      ),
    );
    expect(failing).toEqual([]);
  });

  it.each([
    ...faultDefects.map((defect) => ({ ...defect, suite: persistenceBackendContract })),
    ...scopeFaultDefects.map((defect) => ({ ...defect, suite: transactionScopeContract })),
  ])("notice that $name", async ({ breakIt, caughtBy, suite }) => {
    const failing = await failingTests((runner) => suite(runner, fragileHarnessOf(breakIt)), caughtBy);
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });

  it.each<readonly [string, (database: FragileMemoryDatabase) => Promise<void>]>([
    ["does not end anything", async () => {}],
    ["does not wait for what is under way", async (database) => void database.close()],
    ["never ends", (database) => database.close().then(never)],
  ])("notice that close %s", async (_name, close) => {
    const caughtBy = /settles what is under way, a transaction by its commit/;
    const failing = await failingTests(
      (runner) =>
        transactionScopeContract(
          runner,
          fragileHarnessOf((rows) => rows, close),
        ),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });
});

describe("the contract suite for collections", () => {
  it("passes the reference backend", async () => {
    const failing = await failingTests((runner) =>
      persistenceBackendContract(
        runner,
        harnessOf((rows) => rows),
      ),
    );
    expect(failing).toEqual([]);
  });

  it.each(rowDefects)("notices that $name", async ({ breakIt, caughtBy }) => {
    const failing = await failingTests(
      (runner) => persistenceBackendContract(runner, harnessOf(breakIt)),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });

  it("notices that fencing is not claimed but done, and so may be another's meaning", async () => {
    const harness = { ...harnessOf((rows) => rows), fencing: false };
    const failing = await failingTests((runner) => persistenceBackendContract(runner, harness));
    expect(failing).toContainEqual(expect.stringMatching(/asks for fencing is refused/));
  });
});

describe("the contract suite for transactions", () => {
  it("passes the reference backend", async () => {
    const failing = await failingTests((runner) =>
      transactionScopeContract(
        runner,
        harnessOf((rows) => rows),
      ),
    );
    expect(failing).toEqual([]);
  });

  it.each(scopeDefects)("notices that $name", async ({ breakIt, caughtBy }) => {
    const failing = await failingTests(
      (runner) => transactionScopeContract(runner, harnessOf(breakIt)),
      caughtBy,
    );
    expect(failing).toContainEqual(expect.stringMatching(caughtBy));
  });

  it("notices a log that is there but not claimed", async () => {
    const harness = { ...harnessOf((rows) => rows), log: false };
    const failing = await failingTests((runner) => transactionScopeContract(runner, harness));
    expect(failing).toContainEqual(expect.stringMatching(/there is none, as claimed/));
  });
});
