import { createHash } from "node:crypto";
import { AsideError } from "../errors/aside-error.js";

/** A key as the caller knows it and as the cache knows it. */
export interface FinalKey {
  /** What the caller passed. */
  readonly key: string;
  /** What the cache gets: printable ASCII without space, at most `maxKeyBytes`. */
  readonly cacheKey: string;
  /** Whether `cacheKey` holds only a hash of the key, so that the entry must carry the key itself. */
  readonly hashed: boolean;
}

/** Longest key a caller may use. Longer ones are a mistake in all likelihood, and the entry carries the key in full. */
const maxKeyCharacters = 8_192;

/** Characters that stand for themselves: printable ASCII but `%`, which escapes, and `~`, which marks a hash. */
const plain = /^[!-$&-}]+$/;
const notPlain = /[^!-$&-}]+/g;

/**
 * Maps keys of one store to keys of the cache, injectively: `name:key`, other characters percent-encoded as UTF-8, and what would be too long
 * as a readable beginning, `~` and its SHA-256.
 */
export class KeySpace {
  readonly #store: string;
  readonly #prefix: string;
  readonly #maxKeyBytes: number;

  /** @param maxKeyBytes - longest key that the cache takes; at least 128. */
  constructor(store: string, maxKeyBytes: number) {
    this.#store = store;
    this.#prefix = `${store}:`;
    this.#maxKeyBytes = maxKeyBytes;
  }

  /** @throws {AsideError} `INVALID_KEY` for what is not a string, is empty or holds half a surrogate pair. */
  finalKey(key: string): FinalKey {
    if (typeof key !== "string" || key === "") {
      throw new AsideError(
        "INVALID_KEY",
        `Store "${this.#store}": a key is a string of at least one character.`,
        {
          store: this.#store,
        },
      );
    }
    if (key.length > maxKeyCharacters) {
      throw new AsideError(
        "INVALID_KEY",
        `Store "${this.#store}": a key has at most ${maxKeyCharacters} characters.`,
        {
          store: this.#store,
          key,
        },
      );
    }
    const cacheKey = this.#prefix + (plain.test(key) ? key : this.#escape(key));
    if (cacheKey.length <= this.#maxKeyBytes) return { key, cacheKey, hashed: false };
    const hash = createHash("sha256").update(cacheKey).digest("base64url");
    return {
      key,
      cacheKey: `${cacheKey.slice(0, this.#maxKeyBytes - hash.length - 1)}~${hash}`,
      hashed: true,
    };
  }

  #escape(key: string): string {
    try {
      return key.replace(notPlain, (run) => encodeURIComponent(run).replace(/[~]/g, "%7E"));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "URIError") throw error;
      throw new AsideError("INVALID_KEY", `Store "${this.#store}": the key is not well-formed Unicode.`, {
        store: this.#store,
        key,
      });
    }
  }
}
