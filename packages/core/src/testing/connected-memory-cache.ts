import type { CacheCallOptions, CacheEntry, CasToken } from "../backend/cache-backend.js";
import type { ConnectedCacheBackend } from "../backend/connected-cache-backend.js";
import { AsideError } from "../errors/aside-error.js";
import { MemoryCache } from "../memory/memory-cache.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { SteppedCache } from "./stepped-cache.js";

/** The only partition of a {@link ConnectedMemoryCache}. */
export const onlyNode = "node";

/**
 * A cache of one node that is reached over a connection, which a test can cut: with the node's entries lost (it restarted) or kept (the network
 * failed). Tokens are bound to the connection, as those of memcached are. Its calls can be stopped as those of a {@link SteppedCache}.
 */
export class ConnectedMemoryCache extends SteppedCache implements ConnectedCacheBackend {
  readonly #clock: Clock;
  #connection = 0;
  #lastConnection = 0;
  #reachable = true;
  #closed = false;

  constructor(clock: Clock) {
    super(new MemoryCache({ clock }));
    this.#clock = clock;
  }

  /** Cuts the connection and refuses new ones. */
  cut(): void {
    this.#connection = 0;
    this.#reachable = false;
  }

  /** Takes connections again. */
  restore(): void {
    this.#reachable = true;
  }

  /** Cuts the connection and forgets every entry; takes connections again at once. */
  restart(): void {
    this.#connection = 0;
    this.reset(new MemoryCache({ clock: this.#clock }));
  }

  get partitions(): readonly string[] {
    return [onlyNode];
  }

  partitionOf(): string {
    return onlyNode;
  }

  connection(): number {
    return this.#connection;
  }

  async connect(): Promise<number> {
    if (this.#closed) throw new AsideError("CLOSED", "The cache was closed");
    if (!this.#reachable) throw new AsideError("CACHE_UNAVAILABLE", "connection refused");
    if (this.#connection === 0) {
      this.#lastConnection += 1;
      this.#connection = this.#lastConnection;
    }
    return this.#connection;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    this.#connection = 0;
    await super.close();
  }

  override async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    const connection = await this.connect();
    const entries = await super.getMany(keys, options);
    this.#answeredOn(connection);
    return new Map(
      [...entries].map(([key, entry]) => [key, { ...entry, token: this.#bind(entry.token, connection) }]),
    );
  }

  override async add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    const connection = await this.connect();
    const token = await super.add(key, bytes, ttlMs, options);
    this.#answeredOn(connection);
    return token && this.#bind(token, connection);
  }

  override async set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    const connection = await this.connect();
    const token = await super.set(key, bytes, ttlMs, options);
    this.#answeredOn(connection);
    return this.#bind(token, connection);
  }

  override async compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    const connection = await this.connect();
    if (token.connection !== connection) return undefined;
    const stored = await super.compareAndSet(key, bytes, ttlMs, (token as BoundToken).inner, options);
    this.#answeredOn(connection);
    return stored && this.#bind(stored, connection);
  }

  override async delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    const connection = await this.connect();
    if (token.connection !== connection) return false;
    const deleted = await super.delete(key, (token as BoundToken).inner, options);
    this.#answeredOn(connection);
    return deleted;
  }

  #bind(inner: CasToken, connection: number): BoundToken {
    return { connection, inner };
  }

  /** An answer does not arrive over a connection that was cut meanwhile. */
  #answeredOn(connection: number): void {
    if (this.#connection !== connection) throw new AsideError("CACHE_UNAVAILABLE", "connection lost");
  }
}

interface BoundToken extends CasToken {
  readonly inner: CasToken;
}
