import { createHash } from "node:crypto";
import type { UnixMilliseconds } from "@aside/core";
import { fieldsOf, mergeFields, sameFields, sessionText } from "./session-fields.js";
import {
  type ResolvedSessionOptions,
  resolveSessionOptions,
  type SessionOptions,
} from "./session-options.js";

/** What a session was when it was read: what a save of it is compared with. Opaque; hand it back unchanged. */
export interface SessionOrigin {
  /** Its JSON. */
  readonly text: string;
}

/** A session as it was read. */
export interface LoadedSession {
  /** The caller's own copy, to be changed freely. */
  readonly data: Record<string, unknown>;
  /** When the session ends unless it is used. */
  readonly expiresAtMs: UnixMilliseconds | undefined;
  readonly origin: SessionOrigin;
}

/** How one session is saved. */
export interface SaveOptions {
  /** When the session ends unless it is used. In the past: the session is destroyed. Default: `ttlMs` from now. */
  readonly expiresAtMs?: UnixMilliseconds | undefined;
  /** Of the session that `data` was made from. Absent: a new session, or one that is to be replaced whatever it holds now. */
  readonly origin?: SessionOrigin | undefined;
}

/**
 * Sessions by id, for any web framework. Safe for concurrent calls, also of one session, in any number of processes.
 *
 * Every call may reject with what its store rejects with: `DATABASE_UNAVAILABLE`, `DATABASE_TIMEOUT`, `DATABASE_FAILED`,
 * `TRANSACTION_CONFLICT`, `COMMIT_UNKNOWN`, `CLOSED`; `CONFLICT` for a save that too many others overtook; `CACHE_UNAVAILABLE` for writes of a store that is set so.
 */
export class SessionRepository {
  readonly #options: ResolvedSessionOptions;

  /** @throws {TypeError} for options that cannot be meant. */
  constructor(options: SessionOptions) {
    this.#options = resolveSessionOptions(options);
  }

  /** Reads a session; `undefined` when there is none or it has ended. */
  async load(id: string): Promise<LoadedSession | undefined> {
    const found = await this.#options.store.getVersioned(this.#keyOf(id));
    if (found === undefined || this.#hasEnded(found.expiresAtMs)) return undefined;
    const { value, expiresAtMs } = found;
    // The store hands every caller an object of its own, so the caller may have it; what it was stays as text.
    return {
      data: value.data as Record<string, unknown>,
      expiresAtMs,
      origin: { text: sessionText(value.data) },
    };
  }

  /**
   * Writes a session. With `origin`, the changes made since it was read are joined with those that others made meanwhile, field by
   * field, and a session that was destroyed or ended meanwhile stays so. A session that did not change is only touched.
   *
   * @returns the origin for a later save of the same object, or `undefined` when there is no such session any more.
   * @throws {AsideError} `INVALID_VALUE` when JSON cannot hold the session.
   */
  async save(id: string, session: object, options: SaveOptions = {}): Promise<SessionOrigin | undefined> {
    const text = sessionText(session);
    const { origin, expiresAtMs = this.#ttlFromNow() } = options;
    if (this.#hasEnded(expiresAtMs)) {
      await this.destroy(id);
      return undefined;
    }
    if (origin === undefined) {
      await this.#options.store.set(this.#keyOf(id), { data: fieldsOf(text) }, { expiresAtMs });
      return { text };
    }
    if (isSame(origin.text, text)) return (await this.touch(id, expiresAtMs)) ? origin : undefined;
    const saved = await this.#merge(id, text, expiresAtMs, origin.text);
    // The caller's object holds what it saved, not what others wrote: its next changes are changes of that.
    return saved ? { text } : undefined;
  }

  /** Moves the end of a session; `false` when there is none. An end in the past destroys it. */
  async touch(id: string, expiresAtMs: UnixMilliseconds = this.#ttlFromNow()): Promise<boolean> {
    if (this.#hasEnded(expiresAtMs)) {
      await this.destroy(id);
      return false;
    }
    return this.#options.store.touch(this.#keyOf(id), expiresAtMs, { leadMs: this.#leadMs(expiresAtMs) });
  }

  /** Ends a session for good: requests that run with it now cannot bring it back. `false` when there was none. */
  destroy(id: string): Promise<boolean> {
    return this.#options.store.delete(this.#keyOf(id));
  }

  /**
   * Two races end here. Two requests read one version and both write: the second finds another version and joins its changes with the
   * first's. One request destroys the session while another, which had read it, writes: the row is gone, and to write it anew would
   * undo a logout, so the write is dropped. `update` writes only over the very version that was joined, and drops only if the row is absent
   * indeed; what comes between makes it join anew.
   */
  async #merge(
    id: string,
    text: string,
    expiresAtMs: UnixMilliseconds,
    originText: string,
  ): Promise<boolean> {
    const joined = await this.#options.store.update(
      this.#keyOf(id),
      (current) => current && { data: mergeFields(fieldsOf(originText), fieldsOf(text), current.data) },
      { expiresAtMs },
    );
    return joined !== undefined;
  }

  #keyOf(id: string): string {
    return this.#options.hashIds ? createHash("sha256").update(id).digest("base64url") : id;
  }

  #hasEnded(expiresAtMs: UnixMilliseconds | undefined): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#options.clock.nowMs();
  }

  #ttlFromNow(): UnixMilliseconds {
    return this.#options.clock.nowMs() + this.#options.ttlMs;
  }

  #leadMs(expiresAtMs: UnixMilliseconds): number {
    const left = expiresAtMs - this.#options.clock.nowMs();
    return Math.min(this.#options.touchAfterMs, Math.floor(left / 10));
  }
}

function isSame(a: string, b: string): boolean {
  return a === b || sameFields(fieldsOf(a), fieldsOf(b));
}
