import {
  type CacheBackend,
  type CacheCallOptions,
  type CasToken,
  isAsideError,
  type Milliseconds,
} from "@aside/core";

/**
 * One holder's entry at the key of a lock. Its random bytes tell it from the entries of all other holders, so it is found again when its
 * token is worth nothing any more: after a new connection, or a request whose outcome nobody knows.
 */
export class LockEntry {
  readonly #cache: CacheBackend;
  readonly #key: string;
  readonly #bytes: Uint8Array;
  readonly #call: CacheCallOptions;
  /** `undefined`: not known. */
  #token: CasToken | undefined;

  constructor(cache: CacheBackend, key: string, bytes: Uint8Array, timeoutMs: Milliseconds) {
    this.#cache = cache;
    this.#key = key;
    this.#bytes = bytes;
    this.#call = { timeoutMs };
  }

  /** Places it where nothing stands; resolves with whether it stands. */
  async place(ttlMs: Milliseconds): Promise<boolean> {
    try {
      this.#token = await this.#cache.add(this.#key, this.#bytes, this.#lastingTtlMs(ttlMs), this.#call);
      return this.#token !== undefined;
    } catch (error) {
      if (isAsideError(error, "CLOSED")) throw error;
      // It may stand there, and would keep everybody out for its ttl without a holder.
      if (await this.find().catch(() => false)) return true;
      throw error;
    }
  }

  /** Looks whether it still stands. */
  async find(): Promise<boolean> {
    const entry = (await this.#cache.getMany([this.#key], this.#call)).get(this.#key);
    const own = entry !== undefined && Buffer.compare(entry.bytes, this.#bytes) === 0;
    this.#token = own ? entry.token : undefined;
    return own;
  }

  /** Starts its ttl anew; resolves with `false` where it does not stand any more. A rejection leaves it open whether that was done. */
  async renew(ttlMs: Milliseconds): Promise<boolean> {
    return this.#byToken(async (token) => {
      this.#token = await this.#cache.compareAndSet(
        this.#key,
        this.#bytes,
        this.#lastingTtlMs(ttlMs),
        token,
        this.#call,
      );
      return this.#token !== undefined;
    });
  }

  /** Removes it; resolves with `false` where it does not stand any more. */
  async remove(): Promise<boolean> {
    return this.#byToken((token) => this.#cache.delete(this.#key, token, this.#call));
  }

  /** Does `step` with the token that is known, and where that fails with the one that is found. A token is used once: after that it is worth nothing. */
  async #byToken(step: (token: CasToken) => Promise<boolean>): Promise<boolean> {
    const known = this.#token;
    this.#token = undefined;
    if (known !== undefined && (await step(known))) return true;
    if (!(await this.find())) return false;
    const found = this.#token as CasToken | undefined;
    this.#token = undefined;
    return found !== undefined && step(found);
  }

  /** A coarse clock lets an entry live up to one step less than asked: the server must not end it before the holder is told. */
  #lastingTtlMs(ttlMs: Milliseconds): Milliseconds {
    const { ttlStepMs } = this.#cache.limits;
    return ttlMs + (ttlStepMs > 1 ? ttlStepMs : 0);
  }
}
