import { randomUUID } from "node:crypto";
import { AsideError, type CacheBackend, type CacheEntry, type CasToken } from "@aside/core";
import Database from "better-sqlite3";

/** Names one state of one entry. */
type SqliteToken = CasToken & { readonly state: string };

/**
 * A cache that the processes of one machine share: a table in an SQLite file. Fit for small machines without memcached.
 *
 * Each statement is atomic over all processes, and every store gives the entry a random state that never repeats: that is all that
 * compare-and-set needs. It may be deleted at any time, like any cache.
 */
export class SqliteCache implements CacheBackend {
  readonly name = "sqlite";
  readonly limits = Object.freeze({ maxKeyBytes: 1_024, maxValueBytes: 16_000_000, ttlStepMs: 1 });
  readonly #file: Database.Database;

  constructor(filename: string) {
    this.#file = new Database(filename, { timeout: 200 });
    this.#file.pragma("journal_mode = WAL");
    // A cache may lose an entry, but not a delete: a crash of the machine must not bring an old value back.
    this.#file.pragma("synchronous = FULL");
    this.#file.exec(`CREATE TABLE IF NOT EXISTS entries
      (key TEXT PRIMARY KEY, bytes BLOB NOT NULL, ends_at_ms INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID`);
  }

  async getMany(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>> {
    const found = new Map<string, CacheEntry>();
    this.#run(() => {
      const read = this.#file.prepare("SELECT bytes, state FROM entries WHERE key = ? AND ends_at_ms > ?");
      for (const key of keys) {
        const row = read.get(key, Date.now()) as { bytes: Uint8Array; state: string } | undefined;
        if (row !== undefined) found.set(key, { bytes: row.bytes, token: tokenOf(row.state) });
      }
    });
    return found;
  }

  async add(key: string, bytes: Uint8Array, ttlMs: number): Promise<CasToken | undefined> {
    return this.#store(key, bytes, ttlMs, "WHERE entries.ends_at_ms <= ?", Date.now());
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<CasToken> {
    return this.#store(key, bytes, ttlMs, "") as CasToken;
  }

  async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: number,
    token: CasToken,
  ): Promise<CasToken | undefined> {
    const state = randomUUID();
    const update =
      "UPDATE entries SET bytes = ?, ends_at_ms = ?, state = ? WHERE key = ? AND state = ? AND ends_at_ms > ?";
    const bindings = [Buffer.from(bytes), endOf(ttlMs), state, key, stateOf(token), Date.now()];
    return this.#changes(update, bindings) > 0 ? tokenOf(state) : undefined;
  }

  async delete(key: string, token: CasToken): Promise<boolean> {
    const bindings = [key, stateOf(token), Date.now()];
    const remove = "DELETE FROM entries WHERE key = ? AND state = ? AND ends_at_ms > ?";
    return this.#changes(remove, bindings) > 0;
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Deletes what has ended; resolves with how many. Nothing needs it but the size of the file. */
  async sweep(): Promise<number> {
    return this.#changes("DELETE FROM entries WHERE ends_at_ms <= ?", [Date.now()]);
  }

  #store(
    key: string,
    bytes: Uint8Array,
    ttlMs: number,
    condition: string,
    ...more: number[]
  ): CasToken | undefined {
    const state = randomUUID();
    const upsert = `INSERT INTO entries (key, bytes, ends_at_ms, state) VALUES (?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes, ends_at_ms = excluded.ends_at_ms, state = excluded.state ${condition}`;
    const bindings = [key, Buffer.from(bytes), endOf(ttlMs), state, ...more];
    return this.#changes(upsert, bindings) > 0 ? tokenOf(state) : undefined;
  }

  #changes(statement: string, bindings: readonly (string | number | Buffer)[]): number {
    return this.#run(() => this.#file.prepare(statement).run(...bindings).changes);
  }

  /** The contract's errors: whatever fails here, the cache was not to be had. SQLite's own message may show a key. */
  #run<T>(work: () => T): T {
    if (!this.#file.open) throw new AsideError("CLOSED", "The SqliteCache is closed.");
    try {
      return work();
    } catch {
      throw new AsideError("CACHE_UNAVAILABLE", "The file of the SqliteCache could not be used.");
    }
  }
}

function endOf(ttlMs: number): number {
  return Date.now() + Math.ceil(ttlMs);
}

function tokenOf(state: string): SqliteToken {
  return { connection: 0, state };
}

function stateOf(token: CasToken): string {
  return (token as SqliteToken).state;
}
