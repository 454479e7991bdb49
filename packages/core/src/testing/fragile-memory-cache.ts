import type { CacheCallOptions, CacheEntry, CacheLimits, CasToken } from "../backend/cache-backend.js";
import type { ConnectedCacheBackend } from "../backend/connected-cache-backend.js";
import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import type { FragileServer } from "./fragile-server.js";

interface Slot {
  readonly bytes: Uint8Array;
  readonly cas: number;
  readonly endsAtMs: Milliseconds;
}

interface CountedToken extends CasToken {
  readonly cas: number;
}

/** A cache server in memory that dies, starts anew and falls silent by hand. Counts its tokens from 1 at each start, as memcached does. */
export class FragileMemoryServer implements FragileServer {
  readonly clock: Clock;
  /** Counts starts. */
  boot = 1;
  up = true;
  silent = false;
  /** What calls wait for that are under way when it dies. */
  readonly underWay: Set<(error: AsideError) => void> = new Set();
  readonly #slots = new Map<string, Slot>();
  #cas = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async kill(): Promise<void> {
    this.up = false;
    this.#slots.clear();
    this.#cas = 0;
    for (const reject of [...this.underWay]) reject(unavailable());
  }

  async start(): Promise<void> {
    this.up = true;
    this.silent = false;
    this.boot += 1;
  }

  async silence(): Promise<void> {
    this.silent = true;
  }

  async speak(): Promise<void> {
    this.silent = false;
  }

  look(key: string): Slot | undefined {
    const slot = this.#slots.get(key);
    return slot !== undefined && slot.endsAtMs > this.clock.monotonicMs() ? slot : undefined;
  }

  store(key: string, bytes: Uint8Array, ttlMs: Milliseconds): number {
    this.#cas += 1;
    const endsAtMs = this.clock.monotonicMs() + ttlMs;
    this.#slots.set(key, { bytes: new Uint8Array(bytes), cas: this.#cas, endsAtMs });
    return this.#cas;
  }

  remove(key: string): void {
    this.#slots.delete(key);
  }
}

/** A client of a {@link FragileMemoryServer}: the reference for the clauses about faults. */
export class FragileMemoryCache implements ConnectedCacheBackend {
  readonly name = "fragile";
  readonly limits: CacheLimits = { maxKeyBytes: 250, maxValueBytes: 10_000, ttlStepMs: 1 };
  readonly partitions: readonly string[] = ["node"];
  readonly server: FragileMemoryServer;
  #connection = 0;
  #connectedTo = 0;
  #lastConnection = 0;
  #closed = false;

  constructor(server: FragileMemoryServer) {
    this.server = server;
  }

  partitionOf(): string {
    return "node";
  }

  connection(): number {
    return this.server.up && this.#connectedTo === this.server.boot ? this.#connection : 0;
  }

  connect(_partition?: string, options: CacheCallOptions = {}): Promise<number> {
    return this.#call(options, () => this.#connected());
  }

  getMany(keys: readonly string[], options: CacheCallOptions = {}): Promise<ReadonlyMap<string, CacheEntry>> {
    return this.#call(options, () => {
      const found = new Map<string, CacheEntry>();
      for (const key of keys) {
        const slot = this.server.look(key);
        if (slot !== undefined) {
          found.set(key, { bytes: slot.bytes.slice(), token: this.#tokenOf(slot.cas) });
        }
      }
      return found;
    });
  }

  add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options: CacheCallOptions = {},
  ): Promise<CasToken | undefined> {
    const own = new Uint8Array(bytes);
    return this.#call(options, () =>
      this.server.look(key) ? undefined : this.#tokenOf(this.server.store(key, own, ttlMs)),
    );
  }

  set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options: CacheCallOptions = {},
  ): Promise<CasToken> {
    const own = new Uint8Array(bytes);
    return this.#call(options, () => this.#tokenOf(this.server.store(key, own, ttlMs)));
  }

  compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options: CacheCallOptions = {},
  ): Promise<CasToken | undefined> {
    const own = new Uint8Array(bytes);
    return this.#call(options, () =>
      this.#names(key, token) ? this.#tokenOf(this.server.store(key, own, ttlMs)) : undefined,
    );
  }

  delete(key: string, token: CasToken, options: CacheCallOptions = {}): Promise<boolean> {
    return this.#call(options, () => {
      if (!this.#names(key, token)) return false;
      this.server.remove(key);
      return true;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connection = 0;
    for (const reject of [...this.server.underWay]) reject(closed());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #names(key: string, token: CasToken): boolean {
    return (
      token.connection === this.connection() && this.server.look(key)?.cas === (token as CountedToken).cas
    );
  }

  #tokenOf(cas: number): CountedToken {
    return { connection: this.#connected(), cas };
  }

  #connected(): number {
    if (this.connection() === 0) {
      this.#lastConnection += 1;
      this.#connection = this.#lastConnection;
      this.#connectedTo = this.server.boot;
    }
    return this.#connection;
  }

  /** Does `effect` in a later turn; never, if the server is silent or dead then. */
  async #call<T>(options: CacheCallOptions, effect: () => T): Promise<T> {
    if (this.#closed) throw closed();
    const { server } = this;
    if (!server.up) throw unavailable();
    const { underWay, clock } = server;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        underWay.delete(fail);
        settle();
      };
      const fail = (error: AsideError): void => end(() => reject(error));
      const timer = clock.after(options.timeoutMs ?? 250, () =>
        fail(new AsideError("CACHE_TIMEOUT", "no answer in time")),
      );
      underWay.add(fail);
      setImmediate(() => {
        if (underWay.has(fail) && !server.silent) end(() => resolve(effect()));
      });
    });
  }
}

function unavailable(): AsideError {
  return new AsideError("CACHE_UNAVAILABLE", "connection lost");
}

function closed(): AsideError {
  return new AsideError("CLOSED", "The cache was closed");
}
