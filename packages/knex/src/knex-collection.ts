import { randomBytes } from "node:crypto";
import {
  AsideError,
  type Clock,
  type Milliseconds,
  type PersistedValue,
  type PersistenceBackend,
  type ReadOptions,
  type RemoveResult,
  type TransactionScope,
  type UnixMilliseconds,
  type ValueCodec,
  type Version,
  type WriteOptions,
  type WriteResult,
} from "@aside/core";
import { lockAbsentRows } from "./absent-row-locks.js";
import { listPieces } from "./batches.js";
import type { SqlValue } from "./dialect/dialect.js";
import { checkRowKey } from "./row-key.js";
import type { StatementExecutor } from "./statement-executor.js";
import type { ValuesTable } from "./values-table.js";
import { isWellFormed } from "./well-formed.js";

export interface KnexCollectionParts {
  readonly name: string;
  readonly transactions: TransactionScope;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  readonly table: ValuesTable;
  readonly statements: <T>(work: (executor: StatementExecutor) => Promise<T>) => Promise<T>;
}

/** How long the fencing token of a removed or ended row is remembered: longer than any lock holder is paused and goes on. */
const tokenMemoryMs: Milliseconds = 24 * 3_600_000;

/** A refused write is looked into, and tried again if what refused it has gone meanwhile. Only single statements meet that. */
const maxLooks = 5;

/** What stands under a key. */
interface Standing {
  /** Of a live row. */
  readonly version: Version | undefined;
  /** A greater token than the one asked about has written. */
  readonly fenced: boolean;
  readonly expiresAtMs: UnixMilliseconds | undefined;
}

type Conditions = Pick<WriteOptions, "expectedVersion" | "fencingToken">;

/**
 * A collection of values by key, as rows of the table that all collections of a {@link KnexDatabase} share. Made by `database.collection(name)`.
 *
 * Keys are compared byte by byte and have at most 1,024 bytes of UTF-8. Versions are random, so none ever repeats. Rows end by the clock of
 * this process. Every write is one statement that locks, checks and writes.
 */
export class KnexCollection<V> implements PersistenceBackend<V> {
  readonly name: string;
  readonly transactions: TransactionScope;
  readonly #codec: ValueCodec;
  readonly #clock: Clock;
  readonly #table: ValuesTable;
  readonly #statements: KnexCollectionParts["statements"];

  /** @throws {TypeError} for a name that is not 1 to 64 characters of `[A-Za-z0-9._-]`. */
  constructor({ name, transactions, codec, clock, table, statements }: KnexCollectionParts) {
    if (typeof name !== "string" || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
      throw new TypeError("KnexDatabase: the name of a collection is 1 to 64 characters of [A-Za-z0-9._-].");
    }
    this.name = name;
    this.transactions = transactions;
    this.#codec = codec;
    this.#clock = clock;
    this.#table = table;
    this.#statements = statements;
  }

  async readMany(
    keys: readonly string[],
    { forUpdate = false }: ReadOptions = {},
  ): Promise<ReadonlyMap<string, PersistedValue<V>>> {
    // In one order for all, so that two transactions that lock the same rows do not lock each other out.
    const wanted = [...new Set(keys)].sort();
    for (const key of wanted) checkRowKey(key);
    if (wanted.length === 0) return new Map();
    return this.#statements(async (executor) => {
      if (!forUpdate) return this.#read(executor, wanted, false);
      if (!executor.inTransaction) {
        throw new AsideError("UNSUPPORTED", "Rows can be read for update only within a transaction.");
      }
      const found = await this.#read(executor, wanted, true);
      const missing = wanted.filter((key) => !found.has(key));
      if (missing.length === 0 || this.#table.forUpdateLocksAbsentRows) return found;
      // Whoever inserted one of them first has committed by now.
      const present = await lockAbsentRows(executor, this.#table, this.name, missing);
      return new Map([...found, ...(await this.#read(executor, present, true))]);
    });
  }

  async write(key: string, value: V, options: WriteOptions = {}): Promise<WriteResult> {
    checkRowKey(key);
    const { expectedVersion, fencingToken, expiresAtMs } = options;
    checkToken(fencingToken);
    const keeps = expiresAtMs === "keep";
    const kept = this.#table.encode(key);
    const text = this.#encode(value);
    const version = newVersion();
    // A row that keeps the end of the one it replaces, and replaces none, has none.
    const inserted = [this.name, kept, text, version, keeps ? null : wholeMs(expiresAtMs)];
    const updated = keeps ? [text, version] : [text, version, wholeMs(expiresAtMs)];
    const token = fencingToken === undefined ? [] : [fencingToken];
    const form = fencingToken === undefined ? "plain" : "fenced";
    const attempt = (executor: StatementExecutor) => {
      const table = this.#table;
      if (expectedVersion === undefined) {
        const statement = (keeps ? table.putKeeping : table.put)[form];
        return executor.execute(statement, [...inserted, ...token, ...(keeps ? [this.#now()] : [])]);
      }
      if (expectedVersion === null) {
        return executor.execute(table.insert[form], [...inserted, ...token, this.#now()]);
      }
      const statement = (keeps ? table.replaceKeeping : table.replace)[form];
      const row = [this.name, kept, this.#now(), expectedVersion];
      return executor.execute(statement, [...updated, ...token, ...row, ...token]);
    };
    return this.#statements(async (executor) => {
      for (let looks = 1; ; looks += 1) {
        const { upserted, changes } = await attempt(executor);
        if (typeof expectedVersion === "string" ? changes > 0 : upserted) return { written: true, version };
        const standing = await this.#look(executor, key, fencingToken);
        const reason = refusal(standing, options);
        if (reason !== undefined || looks === maxLooks) {
          return { written: false, reason: reason ?? "version", version: standing.version };
        }
      }
    });
  }

  async remove(key: string, options: Conditions = {}): Promise<RemoveResult> {
    checkRowKey(key);
    const { expectedVersion, fencingToken } = options;
    checkToken(fencingToken);
    return this.#statements(async (executor) => {
      for (let looks = 1; ; looks += 1) {
        if (
          expectedVersion !== null &&
          (await this.#tryRemove(executor, key, expectedVersion, fencingToken))
        ) {
          return { removed: true };
        }
        // Without a condition there was no row, and nothing to look into.
        if (expectedVersion === undefined && fencingToken === undefined) return { removed: false };
        const standing = await this.#look(executor, key, fencingToken);
        if (standing.version === undefined && !standing.fenced) return { removed: false };
        const reason = refusal(standing, options);
        if (reason !== undefined || looks === maxLooks) {
          return { removed: false, reason: reason ?? "version", version: standing.version };
        }
      }
    });
  }

  async touch(key: string, expiresAtMs: UnixMilliseconds): Promise<boolean> {
    checkRowKey(key);
    const end = wholeMs(expiresAtMs);
    return this.#statements(async (executor) => {
      const { changes } = await executor.execute(this.#table.touch, [
        end,
        this.name,
        this.#table.encode(key),
        this.#now(),
      ]);
      if (changes > 0) return true;
      // A driver that was told to count changed rows finds none where the end is the same already.
      const standing = await this.#look(executor, key, undefined);
      return standing.version !== undefined && standing.expiresAtMs === end;
    });
  }

  async removeExpired(limit: number): Promise<number> {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new TypeError("KnexCollection: `limit` is a whole number of at least 1.");
    }
    return this.#statements(async (executor) => {
      const now = this.#now();
      const until = [now, now - tokenMemoryMs];
      // Looked for without a lock, then deleted by primary key, so that no writer waits for a scan.
      const { rows } = await executor.query(this.#table.ended(limit), [this.name, ...until]);
      const keys = rows.map(([key]) => String(key)).sort();
      let removed = 0;
      for (const piece of listPieces(keys)) {
        const bindings = [this.name, ...piece, ...until];
        removed += (await executor.execute(this.#table.removeEnded(piece.length), bindings)).changes;
      }
      return removed;
    });
  }

  async #read(
    executor: StatementExecutor,
    keys: readonly string[],
    forUpdate: boolean,
  ): Promise<Map<string, PersistedValue<V>>> {
    const found = new Map<string, PersistedValue<V>>();
    for (const piece of listPieces(keys)) {
      const statement = this.#table.read(piece.length, forUpdate);
      const kept = piece.map((key) => this.#table.encode(key));
      const { rows } = await executor.query(statement, [this.name, ...kept, this.#now()]);
      for (const [key, text, version, end] of rows) {
        found.set(this.#table.decode(key), {
          value: this.#decode(this.#table.decode(text)),
          version: String(version),
          ...(end === null ? {} : { expiresAtMs: Number(end) }),
        });
      }
    }
    return found;
  }

  /** JSON is always well-formed; the text of a codec of the user's own may not be. */
  #encode(value: V): string {
    const text = this.#codec.encode(value);
    if (!isWellFormed(text)) {
      throw new AsideError(
        "INVALID_VALUE",
        `Collection "${this.name}": the codec made text that is not well-formed.`,
      );
    }
    return this.#table.encode(text);
  }

  /** The codec's own error may quote the value, so it goes nowhere. */
  #decode(text: string): V {
    try {
      return this.#codec.decode(text) as V;
    } catch {
      throw new AsideError("INVALID_VALUE", `Collection "${this.name}": the codec cannot decode a row.`);
    }
  }

  /** A row that carries a token leaves it behind, so that an older holder of the lock cannot bring the row back. */
  async #tryRemove(
    executor: StatementExecutor,
    key: string,
    expectedVersion: Version | undefined,
    fencingToken: bigint | undefined,
  ): Promise<boolean> {
    const table = this.#table;
    const live = [this.name, table.encode(key), this.#now()];
    const version = expectedVersion === undefined ? [] : [expectedVersion];
    const remainder: SqlValue[] = [newVersion(), this.#now() + tokenMemoryMs];
    const change = async (statement: string, bindings: readonly SqlValue[]) =>
      (await executor.execute(statement, bindings)).changes > 0;
    if (fencingToken !== undefined) {
      const statement = expectedVersion === undefined ? table.buryFenced : table.buryVersionFenced;
      return change(statement, [...remainder, fencingToken, ...live, fencingToken, ...version]);
    }
    const [remove, bury] =
      expectedVersion === undefined ? [table.delete, table.bury] : [table.deleteVersion, table.buryVersion];
    return (await change(remove, [...live, ...version])) || change(bury, [...remainder, ...live, ...version]);
  }

  async #look(executor: StatementExecutor, key: string, fencingToken: bigint | undefined): Promise<Standing> {
    const { lookLocking, look } = this.#table;
    // Within a transaction the row stays as it is found; outside of one a lock would end with the statement.
    const statement = executor.inTransaction ? lookLocking : look;
    const bindings = [this.#now(), fencingToken ?? null, this.name, this.#table.encode(key)];
    const row = (await executor.query(statement, bindings)).rows[0];
    if (row === undefined) return { version: undefined, fenced: false, expiresAtMs: undefined };
    const [version, live, fenced, end] = row;
    return {
      version: Number(live) === 1 ? String(version) : undefined,
      fenced: Number(fenced) === 1,
      expiresAtMs: end === null ? undefined : Number(end),
    };
  }

  #now(): UnixMilliseconds {
    return Math.floor(this.#clock.nowMs());
  }
}

/** Why what stands refuses a write; `undefined` when it does not, any more. A stale holder of a lock is told that before all else. */
function refusal(standing: Standing, { expectedVersion }: Conditions): "version" | "fenced" | undefined {
  if (standing.fenced) return "fenced";
  if (expectedVersion === undefined) return undefined;
  return standing.version === (expectedVersion ?? undefined) ? undefined : "version";
}

/** 96 random bits: two writes have the same version once in 10^14 years of a million writes a second. */
function newVersion(): Version {
  return randomBytes(12).toString("base64url");
}

/** Columns hold whole milliseconds. A row ends rather a little late than early. */
function wholeMs(instant: UnixMilliseconds | undefined): UnixMilliseconds | null {
  if (instant === undefined) return null;
  if (typeof instant !== "number" || !Number.isSafeInteger(Math.ceil(instant))) {
    throw new TypeError("KnexCollection: `expiresAtMs` is an instant in Unix milliseconds.");
  }
  return Math.ceil(instant);
}

function checkToken(token: bigint | undefined): void {
  if (token === undefined) return;
  if (typeof token !== "bigint" || BigInt.asIntN(64, token) !== token) {
    throw new TypeError("KnexCollection: `fencingToken` is a bigint of at most 64 bits with its sign.");
  }
}
