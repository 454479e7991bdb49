import session, { type Session, type SessionData } from "express-session";
import { settle } from "../callback-bridge.js";
import type { SessionOptions } from "../session-options.js";
import { type SessionOrigin, SessionRepository } from "../session-repository.js";
import { cookieEndMs, restoreEnd, withoutEnd } from "./cookie-expiry.js";

type Done = (error?: unknown) => void;

/** The request, as the types of express-session have it. */
type Request = Parameters<session.Store["createSession"]>[0];

/** Which session an object of the application was read from. */
interface Provenance {
  readonly id: string;
  readonly origin: SessionOrigin;
}

/**
 * A session store for `express-session` on a {@link TieredStore}.
 *
 * - Concurrent requests of one session do not lose each other's changes: they are joined field by field.
 * - A session that was destroyed stays destroyed, also when a slower request that had read it ends later.
 * - Each method calls its callback exactly once; without one it returns a promise. An outage is passed on as the error; the store never emits
 *   `disconnect`, which would let requests through without a session.
 * - One store object serves one `session()` middleware: the middleware keeps settings of its own on the store.
 *
 * Not there: `all`, `length` and `clear`, which express-session itself never calls.
 */
export class AsideSessionStore extends session.Store {
  readonly #sessions: SessionRepository;
  // Which row a session object came from, beside the object: its own properties are the application's.
  readonly #provenance = new WeakMap<object, Provenance>();

  /** @throws {TypeError} for options that cannot be meant. */
  constructor(options: SessionOptions) {
    super();
    this.#sessions = new SessionRepository(options);
  }

  /** Reads a session; `undefined` when there is none or it has ended. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void;
  override get(sid: string): Promise<SessionData | undefined>;
  override get(
    sid: string,
    callback?: (error: unknown, session?: SessionData | null) => void,
  ): Promise<SessionData | undefined> | undefined {
    return settle<SessionData | undefined>(this.#get(sid), callback);
  }

  /**
   * Writes a session. One that was read by this store joins its changes with those of others and is dropped when the session was destroyed
   * meanwhile; any other object replaces what is there. A cookie that has ended destroys the session.
   */
  override set(sid: string, session: SessionData, callback: Done): void;
  override set(sid: string, session: SessionData): Promise<void>;
  override set(sid: string, session: SessionData, callback?: Done): Promise<void> | undefined {
    return settle(this.#set(sid, session), callback);
  }

  /** Moves the end of a session to that of its cookie, and nothing else. */
  override touch(sid: string, session: SessionData, callback: Done): void;
  override touch(sid: string, session: SessionData): Promise<void>;
  override touch(sid: string, session: SessionData, callback?: Done): Promise<void> | undefined {
    return settle(this.#touch(sid, session), callback);
  }

  /** Ends a session. None there is no error. */
  override destroy(sid: string, callback: Done): void;
  override destroy(sid: string): Promise<void>;
  override destroy(sid: string, callback?: Done): Promise<void> | undefined {
    return settle(this.#destroy(sid), callback);
  }

  /** Called by express-session with what `get` gave. */
  override createSession(req: Request, data: SessionData): Session & SessionData {
    // A session that was written without a cookie would break the middleware, which reads from it.
    const complete = data.cookie === undefined ? Object.assign(data, { cookie: {} }) : data;
    const created = super.createSession(req, complete);
    const provenance = this.#provenance.get(data);
    if (provenance !== undefined) this.#provenance.set(created, provenance);
    return created;
  }

  async #get(sid: string): Promise<SessionData | undefined> {
    const loaded = await this.#sessions.load(sid);
    if (loaded === undefined) return undefined;
    const { data, expiresAtMs, origin } = loaded;
    restoreEnd(data, expiresAtMs);
    this.#provenance.set(data, { id: sid, origin });
    return data as unknown as SessionData;
  }

  async #set(sid: string, session: SessionData): Promise<void> {
    const provenance = this.#provenance.get(session);
    const origin = await this.#sessions.save(sid, withoutEnd(session), {
      expiresAtMs: cookieEndMs(session.cookie),
      // An object that was read under another id is news under this one.
      origin: provenance?.id === sid ? provenance.origin : undefined,
    });
    // A dropped write keeps its old origin, so that later writes of the object are dropped too.
    if (origin !== undefined) this.#provenance.set(session, { id: sid, origin });
  }

  async #touch(sid: string, session: SessionData): Promise<void> {
    await this.#sessions.touch(sid, cookieEndMs(session.cookie));
  }

  async #destroy(sid: string): Promise<void> {
    await this.#sessions.destroy(sid);
  }
}
