import type { Lock } from "../backend/lock-provider.js";
import type {
  PersistedValue,
  PersistenceBackend,
  RemoveResult,
  Version,
  WriteOptions,
  WriteResult,
} from "../backend/persistence-backend.js";
import type { Transaction, TransactionScope } from "../backend/transaction-scope.js";
import { EncodedValue } from "../entry/encoded-value.js";
import { EntryFormat } from "../entry/entry-format.js";
import { type FinalKey, KeySpace } from "../entry/key-space.js";
import { AsideError } from "../errors/aside-error.js";
import { ConflictError } from "../errors/conflict-error.js";
import { Background } from "../flow/background.js";
import { type CacheLink, joinLink } from "../flow/cache-link.js";
import { databaseLate, withDeadline } from "../flow/deadline.js";
import { Fills } from "../flow/fills.js";
import { Generations } from "../flow/generations.js";
import { type JoinedFeed, joinFeed } from "../flow/invalidation-feed.js";
import { newLogEntry } from "../flow/invalidation-relay.js";
import type { Load, ReadResult } from "../flow/load.js";
import { NearCache } from "../flow/near-cache.js";
import { ReadPath } from "../flow/read-path.js";
import { Refreshes } from "../flow/refreshes.js";
import { placesToRemove, remove } from "../flow/removal.js";
import { TouchPath } from "../flow/touch-path.js";
import { TrustedCache } from "../flow/trusted-cache.js";
import { type Touch, WriteInvalidation, type WritingStore } from "../flow/write-invalidation.js";
import type { Milliseconds, UnixMilliseconds } from "../time/clock.js";
import { checkLoadOptions, checkTags } from "./check-load-options.js";
import { checkInteger } from "./check-number.js";
import { Loads } from "./loads.js";
import { optimisticUpdate, type UpdateSteps } from "./optimistic-update.js";
import { type ResolvedStoreOptions, resolveStoreOptions } from "./resolve-store-options.js";
import { StatsCollector } from "./stats-collector.js";
import type {
  Change,
  DeleteOptions,
  Loader,
  LoadOptions,
  MissingLoader,
  SetOptions,
  StaleEntries,
  TieredStoreOptions,
  TouchOptions,
  UpdateOptions,
  Versioned,
} from "./store-options.js";
import type { ReadSource, StoreStats } from "./store-stats.js";

/** How a lock is taken for {@link TieredStore.withLock}. */
export interface WithLockOptions {
  /** Lifetime of the lock unless it is extended. Default: 30,000. */
  readonly ttlMs?: Milliseconds | undefined;
  /** How long to wait for it. Default: 10,000. */
  readonly waitMs?: Milliseconds | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Values of one kind: kept by a database, served by a shared cache.
 *
 * Reads take the value from the cache, or from the database and then fill the cache. Writes commit to the database and drop the cached
 * copy before they resolve. Per key, reads and writes are linearizable over any number of processes, within the limits that the
 * README of `@aside/core` states. `undefined` means absent, everywhere; `null`, `0`, `""` and `false` are values. Every caller gets objects of its own.
 *
 * Safe for concurrent calls. Inside a transaction of the same database reads go to that transaction, and writes are part of it.
 * Calls reject with `AsideError`; see `AsideErrorCode` for what to do.
 */
export class TieredStore<V> implements AsyncDisposable {
  readonly name: string;
  readonly #options: ResolvedStoreOptions<V>;
  readonly #keys: KeySpace;
  readonly #link: CacheLink;
  readonly #background = new Background();
  readonly #generations: Generations;
  readonly #stats: StatsCollector;
  readonly #reads: ReadPath;
  readonly #near: NearCache | undefined;
  readonly #feed: JoinedFeed | undefined;
  readonly #writing: WritingStore;
  readonly #loads: Loads<V>;
  readonly #touches: TouchPath<V> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError} for options that cannot work. */
  constructor(options: TieredStoreOptions<V>) {
    const resolved = resolveStoreOptions(options);
    const { name, persistence } = resolved;
    this.name = name;
    this.#options = resolved;
    this.#keys = new KeySpace(name, resolved.cache.limits.maxKeyBytes);
    this.#link = joinLink({
      ...resolved,
      pollMs: resolved.relayPollMs,
      maxBackoffMs: resolved.relayMaxBackoffMs,
    });
    const { cache, nodes } = this.#link;
    this.#stats = new StatsCollector(resolved.observer);
    const format = new EntryFormat(resolved);
    const shared = {
      ...resolved,
      store: name,
      cache,
      nodes,
      format,
      background: this.#background,
      observer: this.#stats,
    };
    const { clock, nearCache, clearable } = resolved;
    const { maxKeyBytes } = resolved.cache.limits;
    this.#generations = new Generations({ store: name, nodes, maxKeyBytes, clearable });
    const trusted = new TrustedCache(shared);
    const fills = new Fills(shared);
    const refreshes = new Refreshes({ ...shared, trusted, fills });
    const near = nearCache && new NearCache({ ...nearCache, clock });
    this.#near = near;
    this.#feed = near && nearCache?.bus && joinFeed(nearCache.bus, clock, near);
    this.#reads = new ReadPath({ ...shared, trusted, near, fills, refreshes });
    this.#writing = { ...shared, detach: (cacheKeys) => this.#detach(cacheKeys) };
    if (near !== undefined) this.#link.onDelivered((cacheKeys) => this.#detach(cacheKeys.filter(isOf(name))));
    this.#loads = new Loads(resolved);
    if (persistence === undefined) return;
    this.#touches = new TouchPath({
      ...shared,
      persistence,
      trusted,
      near,
      fills,
      generations: this.#generations,
      write: (key, rowExpiresAtMs) => this.#touchAsWrite(persistence, key, rowExpiresAtMs),
    });
  }

  /** Resolves with the value, or `undefined` when there is none. */
  async get(key: string): Promise<V | undefined> {
    return (await this.getVersioned(key))?.value;
  }

  /** Like {@link get}, with the version of the row, for a later write with `expectedVersion`. */
  async getVersioned(key: string): Promise<Versioned<V> | undefined> {
    const startedAtMs = this.#options.clock.monotonicMs();
    const final = this.#final(key);
    const persistence = this.#persistence();
    if (this.#transaction() !== undefined) {
      const row = (await persistence.readMany([key])).get(key);
      this.#observeRead("transaction", 1, startedAtMs);
      return row === undefined ? undefined : this.#isolated(row);
    }
    const result = await this.#read(final, this.#loads.ofRow(key));
    this.#observeRead(result.source, 1, startedAtMs);
    return this.#versioned(result);
  }

  /** Reads many keys together. Absent keys are not in the result; duplicates are read once. */
  async getMany(keys: readonly string[]): Promise<Map<string, V>> {
    const startedAtMs = this.#options.clock.monotonicMs();
    this.#refuseClosed();
    const persistence = this.#persistence();
    const finals = [...new Set(keys)].map((key) => this.#final(key));
    const found = new Map<string, V>();
    if (finals.length === 0) return found;
    if (this.#transaction() !== undefined) {
      const rows = await persistence.readMany(finals.map(({ key }) => key));
      for (const [key, row] of rows) found.set(key, this.#isolated(row).value);
      this.#observeRead("transaction", finals.length, startedAtMs);
      return found;
    }
    return this.#readMany(finals, noTags, (key) => this.#loads.ofRow(key), startedAtMs);
  }

  /**
   * Writes a value. It is committed, and no reader gets an older one, when this resolves.
   * @throws {AsideError} `CONFLICT` or `FENCED` when the condition of `options` does not hold; `UNSUPPORTED` for the fencing token
   *   of a lock that has none. Nothing was written then.
   */
  async set(key: string, value: V, options: SetOptions = {}): Promise<void> {
    const final = this.#final(key);
    const persistence = this.#persistence();
    this.#refuseUndefined(value);
    this.#refuseUnfenced(options);
    const write = { ...options, expiresAtMs: this.#expiryOf(options) };
    const result = await this.#write(persistence, async (touch) => {
      const written = await persistence.write(key, value, write);
      touch(final, written.written ? "row" : "unchanged");
      return written;
    });
    if (!result.written) throw this.#refused(key, result.reason, options.expectedVersion, result.version);
  }

  /** Writes many values in one transaction, in the order of their keys. All are written or none. */
  async setMany(
    entries: Iterable<readonly [string, V]>,
    options: Pick<SetOptions, "ttlMs" | "expiresAtMs"> = {},
  ): Promise<void> {
    const persistence = this.#persistence();
    const values = new Map(entries);
    const finals = inKeyOrder([...values.keys()].map((key) => this.#final(key)));
    for (const value of values.values()) this.#refuseUndefined(value);
    if (finals.length === 0) return;
    const write = { expiresAtMs: this.#expiryOf(options) };
    await this.#write(persistence, async (touch) => {
      for (const final of finals) {
        await persistence.write(final.key, values.get(final.key) as V, write);
        touch(final, "row");
      }
    });
  }

  /**
   * Writes what `change` makes of the present value, and no write of others is lost. `undefined` from `change` removes the value. The row keeps its
   * expiry unless `options` gives another one.
   *
   * `change` first gets the value as {@link get} would, so from the cache where it can, and is called outside of any transaction. What it returns is
   * written if the row's version still stands; where it does not, `change` is called again with the row as it stands by then, after a short random
   * pause. Inside a transaction the row is read locked instead, and the update is part of that transaction.
   *
   * @param change - may be called more than once, so it must have no effect that counts. It may call the store, on other keys; a write of
   *   its own to `key` overtakes it each time. What it throws is passed on.
   * @returns what `change` returned last.
   * @throws {AsideError} `CONFLICT`, a {@link ConflictError}, when others were faster `attempts` times; nothing was written then.
   * @throws {TypeError} for options out of range.
   */
  async update(key: string, change: Change<V>, options: UpdateOptions = {}): Promise<V | undefined> {
    const final = this.#final(key);
    const persistence = this.#persistence();
    const attempts = checkInteger("update.attempts", options.attempts, 20, 1, 100);
    const expiresAtMs = this.#expiryOf(options) ?? "keep";
    if (this.#transaction() !== undefined) return this.#updateLocked(persistence, final, change, expiresAtMs);
    const steps: UpdateSteps<V> = {
      read: () => this.getVersioned(key),
      readPrimary: () => this.#readPrimary(persistence, key),
      write: (next, expectedVersion) =>
        this.#write(persistence, (touch) =>
          this.#replace(persistence, final, next, { expectedVersion, expiresAtMs }, touch),
        ),
      conflict: (expected, actual) => this.#refused(key, "version", expected, actual),
    };
    return this.#tracked(optimisticUpdate(steps, change, { clock: this.#options.clock, attempts }));
  }

  /**
   * Removes a value; resolves with whether there was one.
   * @throws {AsideError} `CONFLICT` or `FENCED` when the condition of `options` does not hold; `UNSUPPORTED` for the fencing token
   *   of a lock that has none. Nothing was removed then.
   */
  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    const final = this.#final(key);
    const persistence = this.#persistence();
    this.#refuseUnfenced(options);
    const result = await this.#write(persistence, async (touch) => {
      const removed = await persistence.remove(key, options);
      touch(final, removed.removed ? "row" : "unchanged");
      return removed;
    });
    if ("reason" in result) throw this.#refused(key, result.reason, options.expectedVersion, result.version);
    return result.removed;
  }

  /** Removes many values in one transaction, in the order of their keys; resolves with how many there were. */
  async deleteMany(keys: readonly string[]): Promise<number> {
    const persistence = this.#persistence();
    const finals = inKeyOrder([...new Set(keys)].map((key) => this.#final(key)));
    if (finals.length === 0) return 0;
    return this.#write(persistence, async (touch) => {
      let count = 0;
      for (const final of finals) {
        const { removed } = await persistence.remove(final.key);
        touch(final, removed ? "row" : "unchanged");
        if (removed) count += 1;
      }
      return count;
    });
  }

  /**
   * Moves only the end of a live value. Resolves with `false` when there is none.
   * Never revives what was deleted or has expired. Shortening a life is a write, and costs as much.
   */
  async touch(key: string, expiresAtMs: UnixMilliseconds, options: TouchOptions = {}): Promise<boolean> {
    const final = this.#final(key);
    const persistence = this.#persistence();
    const endsAtMs = Math.round(expiresAtMs);
    const leadMs = Math.round(options.leadMs ?? 0);
    if (!Number.isFinite(endsAtMs)) throw this.#invalid("expiresAtMs must be a finite number");
    if (!(leadMs >= 0 && Number.isFinite(leadMs)))
      throw this.#invalid("leadMs must be a number of at least 0");
    if (endsAtMs <= this.#options.clock.nowMs()) return this.delete(key);
    if (this.#transaction() !== undefined) return this.#touchAsWrite(persistence, final, endsAtMs + leadMs);
    return this.#tracked((this.#touches as TouchPath<V>).touch(final, endsAtMs, leadMs));
  }

  /**
   * Takes a value from the cache, or from `loader` and then fills the cache; in one process and over all, as a rule one load of a key runs at a time.
   * Whoever loads a key must mean the same value by it. A loader's error reaches every caller that waited for it, as it is, and is never cached.
   *
   * @param loader - runs in the context of the caller that came first. Inside a transaction it is called directly, past the cache.
   */
  async load(key: string, loader: Loader<V>, options: LoadOptions<V> = {}): Promise<V | undefined> {
    const startedAtMs = this.#options.clock.monotonicMs();
    const final = this.#final(key);
    const { tags } = this.#checked(options);
    const load = this.#loads.ofLoader(loader, options);
    const inTransaction = this.#transaction() !== undefined;
    const result = await (inTransaction ? load.run() : this.#read(final, load, tags));
    this.#observeRead(inTransaction ? "transaction" : result.source, 1, startedAtMs);
    return result.value?.take() as V | undefined;
  }

  /**
   * Like {@link load} for many keys: those that the cache does not hold are loaded together, in as few calls as can be. The result has the keys in
   * the order asked for; absent ones are not in it, and are remembered as absent.
   *
   * @param loadMissing - gets the missing keys, and resolves with the values that there are.
   */
  async loadMany(
    keys: readonly string[],
    loadMissing: MissingLoader<V>,
    options: LoadOptions<V> = {},
  ): Promise<Map<string, V>> {
    const startedAtMs = this.#options.clock.monotonicMs();
    const finals = [...new Set(keys)].map((key) => this.#final(key));
    const { tags } = this.#checked(options);
    return this.#readMany(finals, tags, this.#loads.ofMany(loadMissing, options), startedAtMs);
  }

  /**
   * Drops keys from the cache, after a change that Aside did not make. Inside a transaction they are dropped with its commit. With a
   * database the keys stand in the invalidation log meanwhile, so that a crash does not forget them.
   * @throws {AsideError} `CACHE_UNAVAILABLE` when the cache did not confirm it, and the keys could not be logged either.
   */
  async invalidate(...keys: readonly string[]): Promise<void> {
    this.#refuseClosed();
    return this.#invalidate(this.#cacheKeysOf({ keys }));
  }

  /**
   * Drops everything that was loaded under any of these tags, after a change that Aside did not make; otherwise as {@link invalidate} does. The cost
   * does not depend on how much that is.
   */
  async invalidateTags(...tags: readonly string[]): Promise<void> {
    this.#refuseClosed();
    return this.#invalidate(this.#cacheKeysOf({ tags }));
  }

  /**
   * Drops everything that the cache holds of this store, after a change that Aside did not make; otherwise as {@link invalidate} does.
   * @throws {AsideError} `UNSUPPORTED` for a store without the option `clearable`.
   */
  async clear(): Promise<void> {
    this.#refuseClosed();
    if (!this.#options.clearable) throw this.#error("UNSUPPORTED", "clear() needs the option clearable.");
    return this.#invalidate(this.#generations.seedKeysOfStore());
  }

  /**
   * Runs `work`, which writes rows of its own through the database's ambient transaction, and drops the keys that it made stale: work, log
   * and holds commit together. For `@Persisted`.
   * @param staleOf - the key or keys made stale, or keys and tags, from the result of `work`.
   * @throws whatever `work` throws; nothing is written or dropped then.
   */
  async persist<T>(
    work: () => Promise<T>,
    staleOf: (result: T) => string | Iterable<string> | StaleEntries,
  ): Promise<T> {
    this.#refuseClosed();
    const transactions = this.#transactions();
    const working = async (): Promise<T> => {
      const result = await work();
      const transaction = transactions.current() as Transaction;
      for (const cacheKey of this.#cacheKeysOf(staleEntries(staleOf(result))))
        this.#touch(transaction, cacheKey, "derived");
      return result;
    };
    return this.#tracked(this.#timedWrite(() => transactions.run(working)));
  }

  /** Runs `work` in a transaction of the store's database, or joins the one that surrounds the caller. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.#refuseClosed();
    return this.#transactions().run(work);
  }

  /**
   * Runs `work` under a lock on `key`, which other calls of `withLock` respect, and nothing else.
   * @throws {AsideError} `LOCK_TIMEOUT` when it stayed taken; `UNSUPPORTED` without `locks`.
   */
  async withLock<T>(
    key: string,
    work: (lock: Lock) => Promise<T>,
    options: WithLockOptions = {},
  ): Promise<T> {
    const { cacheKey } = this.#final(key);
    const { locks } = this.#options;
    if (locks === undefined) throw this.#error("UNSUPPORTED", "withLock needs the option locks.");
    const { ttlMs = 30_000, waitMs = 10_000, signal } = options;
    await using lock = await locks.acquire(cacheKey, { ttlMs, waitMs, signal });
    if (lock === undefined) throw this.#error("LOCK_TIMEOUT", "the lock stayed taken.", { key });
    return await work(lock);
  }

  /** What the store has done in this process. A snapshot; costs no I/O. */
  stats(): StoreStats {
    const near = this.#near;
    return {
      ...this.#stats.snapshot(),
      shared: this.#reads.shared,
      near: near && { entries: near.size, bytes: near.bytes },
      log: this.#link.backlog(),
      nodes: this.#link.nodes.states(),
    };
  }

  /** Waits for running fills and releases, then ends. Later calls reject with `CLOSED`. Leaves the cache and the database open. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#background.end().then(() => {
      this.#feed?.leave();
      return this.#link.release();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs the statements of a write in a transaction that also takes care of the keys that they touch. */
  #write<T>(persistence: PersistenceBackend<V>, statements: (touch: TouchKey) => Promise<T>): Promise<T> {
    const { transactions } = persistence;
    const work = (): Promise<T> => {
      const transaction = transactions.current() as Transaction;
      return statements(({ cacheKey }, how) => this.#touch(transaction, cacheKey, how));
    };
    return this.#tracked(this.#timedWrite(() => transactions.run(work, { repeatable: true })));
  }

  async #timedWrite<T>(write: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const result = await write();
    const durationMs = clock.monotonicMs() - startedAtMs;
    this.#stats.emit({ type: "write", store: this.name, durationMs });
    return result;
  }

  /** Reads keys, each by its own load where the cache does not hold it; inside a transaction past the cache. */
  async #readMany(
    finals: readonly FinalKey[],
    tags: readonly string[] | undefined,
    loadOf: (key: string) => Load,
    startedAtMs: Milliseconds,
  ): Promise<Map<string, V>> {
    const inTransaction = this.#transaction() !== undefined;
    const results = await Promise.all(
      finals.map((final) => {
        const load = loadOf(final.key);
        return inTransaction ? load.run() : this.#read(final, load, tags);
      }),
    );
    const found = new Map<string, V>();
    for (const [index, { key }] of finals.entries()) {
      const value = results[index]?.value;
      if (value !== undefined) found.set(key, value.take() as V);
    }
    const keysBySource = new Map<ReadSource, number>();
    for (const result of results) {
      const source = inTransaction ? "transaction" : result.source;
      keysBySource.set(source, (keysBySource.get(source) ?? 0) + 1);
    }
    for (const [source, count] of keysBySource) this.#observeRead(source, count, startedAtMs);
    return found;
  }

  #read(final: FinalKey, load: Load, tags: readonly string[] = noTags): Promise<ReadResult> {
    return this.#reads.read(final, this.#generations.seedKeysOf(final.cacheKey, tags), load);
  }

  #checked(options: LoadOptions<V>): LoadOptions<V> {
    return checkLoadOptions(options, this.#options.staleIfErrorMs);
  }

  /** The cache keys of what is stale: of tags, those of their seeds. */
  #cacheKeysOf({ keys = [], tags = [] }: StaleEntries): readonly string[] {
    const listed = [...tags];
    checkTags(listed);
    return [
      ...Array.from(keys, (key) => this.#keys.finalKey(key).cacheKey),
      ...this.#generations.seedKeysOfTags(listed),
    ];
  }

  async #invalidate(cacheKeys: readonly string[]): Promise<void> {
    if (cacheKeys.length === 0) return;
    const transaction = this.#transaction();
    if (transaction === undefined) return this.#tracked(this.#invalidateNow(cacheKeys));
    for (const cacheKey of cacheKeys) this.#touch(transaction, cacheKey, "derived");
  }

  /**
   * The shared cache has been told; now what this process has of it, and the near caches of others. Once more when the relay has told it: until
   * then a read may have brought the old value back from there, which a near cache would keep for its ttl.
   */
  #detach(cacheKeys: readonly string[]): void {
    if (cacheKeys.length === 0) return;
    this.#reads.detach(cacheKeys);
    this.#feed?.publish(cacheKeys);
  }

  /** Inside the surrounding transaction, whose row lock nobody overtakes. */
  #updateLocked(
    persistence: PersistenceBackend<V>,
    key: FinalKey,
    change: Change<V>,
    expiresAtMs: UnixMilliseconds | "keep",
  ): Promise<V | undefined> {
    return this.#write(persistence, async (touch) => {
      const row = (await persistence.readMany([key.key], { forUpdate: true })).get(key.key);
      const next = await change(row === undefined ? undefined : this.#isolated(row).value);
      if (row === undefined && next === undefined) touch(key, "unchanged");
      else await this.#replace(persistence, key, next, { expiresAtMs }, touch);
      return next;
    });
  }

  /** Writes `next` in place of what stands, or removes that for `undefined`. */
  async #replace(
    persistence: PersistenceBackend<V>,
    key: FinalKey,
    next: V | undefined,
    options: WriteOptions,
    touch: TouchKey,
  ): Promise<WriteResult | RemoveResult> {
    const result =
      next === undefined
        ? await persistence.remove(key.key, options)
        : await persistence.write(key.key, next, options);
    touch(key, ("written" in result ? result.written : result.removed) ? "row" : "unchanged");
    return result;
  }

  /** Reads the row itself, past the cache. */
  async #readPrimary(persistence: PersistenceBackend<V>, key: string): Promise<Versioned<V> | undefined> {
    const { clock, loadTimeoutMs } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const reading = persistence.readMany([key]);
    const row = (await withDeadline(clock, loadTimeoutMs, reading, () => databaseLate(this.name))).get(key);
    this.#observeRead("database", 1, startedAtMs);
    return row && this.#isolated(row);
  }

  #touchAsWrite(
    persistence: PersistenceBackend<V>,
    key: FinalKey,
    rowExpiresAtMs: UnixMilliseconds,
  ): Promise<boolean> {
    return this.#write(persistence, async (touch) => {
      const touched = await persistence.touch(key.key, rowExpiresAtMs);
      touch(key, touched ? "row" : "unchanged");
      return touched;
    });
  }

  /** Takes note of a key in what `transaction` owes the cache; all stores of the cache and the database share that. */
  #touch(transaction: Transaction, cacheKey: string, touch: Touch): void {
    const { clock } = this.#options;
    const { cache, nodes, log } = this.#link;
    const transactions = this.#transactions();
    transaction
      .participant(nodes, () => new WriteInvalidation({ cache, nodes, log, transactions, clock }))
      .touch(cacheKey, touch, this.#writing);
  }

  /**
   * The change has been made by now, so no hold is needed: the removal voids every lease that was taken before it.
   * The rows are written first; without them a crash in between would leave the keys stale.
   */
  async #invalidateNow(cacheKeys: readonly string[]): Promise<void> {
    const { clock, cacheTimeoutMs } = this.#options;
    const { cache, nodes, log } = this.#link;
    const rows = cacheKeys.map((cacheKey) => newLogEntry(cache, cacheKey));
    const logging: unknown =
      log === undefined ? noLog : await log.append(rows).catch((error: unknown) => error);
    const places = placesToRemove(nodes, cacheKeys);
    const { confirmed } = await remove(places, { cache, nodes, clock, timeoutMs: cacheTimeoutMs });
    this.#detach(cacheKeys);
    const struck = rows.filter(({ key }) => nodes.coveredBy(confirmed, key)).map(({ id }) => id);
    if (logging === undefined) this.#tracked(log?.remove(struck) ?? Promise.resolve()).catch(() => undefined);
    else if (struck.length < rows.length) {
      const what = "the cache did not confirm the invalidation, and it could not be logged.";
      throw this.#error("CACHE_UNAVAILABLE", what, { cause: logging });
    }
  }

  /** `close()` waits for it. */
  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#background.track(work);
    return work;
  }

  #versioned(result: ReadResult): Versioned<V> | undefined {
    const { value, version, expiresAtMs } = result;
    return value && { value: value.take() as V, version, expiresAtMs };
  }

  /** A row as a hit would give it: through the codec, and nobody else's object. */
  #isolated({ value, version, expiresAtMs }: PersistedValue<V>): Versioned<V> {
    return { value: EncodedValue.of(value, this.#options.codec).take() as V, version, expiresAtMs };
  }

  #expiryOf({ ttlMs, expiresAtMs }: Pick<SetOptions, "ttlMs" | "expiresAtMs">): UnixMilliseconds | undefined {
    if (ttlMs === undefined && expiresAtMs === undefined) return undefined;
    if (ttlMs !== undefined && expiresAtMs !== undefined)
      throw this.#invalid("give ttlMs or expiresAtMs, not both");
    const endsAtMs = expiresAtMs ?? this.#options.clock.nowMs() + (ttlMs as number);
    if (!Number.isFinite(endsAtMs) || (ttlMs !== undefined && ttlMs <= 0)) {
      throw this.#invalid("ttlMs must be a number above 0, expiresAtMs a finite number");
    }
    return Math.round(endsAtMs);
  }

  #transaction(): Transaction | undefined {
    return this.#options.transactions?.current();
  }

  #transactions(): TransactionScope {
    const { transactions } = this.#options;
    if (transactions === undefined)
      throw this.#error("NO_PERSISTENCE", "it has neither persistence nor transactions.");
    return transactions;
  }

  #persistence(): PersistenceBackend<V> {
    const { persistence } = this.#options;
    if (persistence === undefined) {
      throw this.#error("NO_PERSISTENCE", "it only loads: use load(), or give it the option persistence.");
    }
    return persistence;
  }

  #final(key: string): FinalKey {
    this.#refuseClosed();
    return this.#keys.finalKey(key);
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw this.#error("CLOSED", "it was closed.");
  }

  #refuseUndefined(value: V): void {
    if (value === undefined) throw this.#error("INVALID_VALUE", "undefined means absent: use delete().");
  }

  /** Who passes on what a lock carries asked for fencing, also where the lock carries nothing. */
  #refuseUnfenced(options: DeleteOptions): void {
    if ("fencingToken" in options && options.fencingToken === undefined)
      throw this.#error("UNSUPPORTED", "the lock has no fencing token, since its provider cannot fence.");
  }

  #refused(
    key: string,
    reason: "version" | "fenced",
    expected: Version | null | undefined,
    actual: Version | undefined,
  ): AsideError {
    if (reason === "fenced") {
      return this.#error("FENCED", "a newer holder of the lock has written already.", {
        key,
        committed: false,
      });
    }
    const stands = actual === undefined ? "there is none" : `${actual} stands`;
    const wanted = expected === null ? "none" : String(expected);
    return new ConflictError(`Store "${this.name}": version ${wanted} was expected, but ${stands}.`, {
      store: this.name,
      key,
      committed: false,
      expectedVersion: expected ?? null,
      actualVersion: actual,
    });
  }

  #invalid(what: string): TypeError {
    return new TypeError(`Store "${this.name}": ${what}.`);
  }

  #error(
    code: AsideError["code"],
    what: string,
    details: { readonly key?: string; readonly committed?: boolean; readonly cause?: unknown } = {},
  ): AsideError {
    return new AsideError(code, `Store "${this.name}": ${what}`, { store: this.name, ...details });
  }

  #observeRead(source: ReadSource, keys: number, startedAtMs: Milliseconds): void {
    const durationMs = this.#options.clock.monotonicMs() - startedAtMs;
    this.#stats.emit({ type: "read", store: this.name, source, keys, durationMs });
  }
}

/** Tells the cache keys of a store, those of its generations' seeds included: no name has a colon or a tilde in it. */
function isOf(store: string): (cacheKey: string) => boolean {
  return (cacheKey) => cacheKey.startsWith(`${store}:`) || cacheKey.startsWith(`${store}~`);
}

/** Takes note of what a statement did to the row of a key. */
type TouchKey = (key: FinalKey, how: "row" | "unchanged") => void;

/** Stands for the error of a log that is not there. */
const noLog = new AsideError("UNSUPPORTED", "There is no invalidation log.");

const noTags: readonly string[] = [];

/** One key or several: a string is iterable too, by its characters. */
function staleEntries(stale: string | Iterable<string> | StaleEntries): StaleEntries {
  if (typeof stale === "string") return { keys: [stale] };
  return Symbol.iterator in stale ? { keys: stale } : stale;
}

/** Rows are written in key order, so that two writers of the same rows do not wait for each other in a circle. */
function inKeyOrder(keys: readonly FinalKey[]): readonly FinalKey[] {
  return [...keys].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
