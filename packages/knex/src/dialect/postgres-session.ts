import { createHash } from "node:crypto";
import { AsideError } from "@aside/core";
import { StatementTimeout } from "../failure.js";
import type {
  Session,
  SessionLimits,
  SqlValue,
  StatementGate,
  StatementResult,
  TurnGate,
} from "./dialect.js";
import { CommitRefused, classifyPostgresError, saysRolledBack } from "./postgres-failures.js";
import { SessionEnd } from "./session-end.js";
import { StatementTurns } from "./statement-turns.js";
import { withOverrides } from "./with-overrides.js";

type Reply = (error: unknown, result?: unknown) => void;

/** The part of a `Client` of pg that is used here (node-postgres.com, "pg.Client"). */
interface PostgresConnection {
  query(config: object, reply: Reply): unknown;
  on(event: "error" | "end", listener: (error?: unknown) => void): unknown;
  /** The session's number as the other end gave it. */
  readonly processID: number | null;
  /** Whether results are asked for in binary. */
  readonly binary?: boolean;
  /** The protocol beneath. */
  readonly connection: {
    readonly stream: { destroy(): unknown };
    prependListener(
      event: "readyForQuery",
      listener: (message: { readonly status?: string }) => void,
    ): unknown;
  };
  __knex__disposed?: unknown;
}

interface PostgresReply {
  readonly command?: string | null;
  readonly rowCount?: number | null;
  readonly rows?: readonly (readonly unknown[])[];
}

/** What is known of a session for its whole life. Absent where a pooler between hides it, or the server does not tell. */
interface SessionIdentity {
  readonly processId: string;
  /** When it began, in microseconds: the server gives the number to others later. */
  readonly beganAtUs: string;
  /** The server: a number means something only there. */
  readonly system: string;
}

/** Plain text for all types, whatever the caller taught pg; only truth is told by 1 and 0, as on other databases. */
const plainTypes = {
  getTypeParser: (oid: number) => (text: string) => (oid === boolean ? (text === "t" ? 1 : 0) : text),
};
const boolean = 16;

/** The server has no transaction open (the protocol's "Message Formats", ReadyForQuery). */
const idle = "I";

/** A connection of pg. Statements are prepared once for each connection. */
export class PostgresSession implements Session {
  readonly connection: object;
  readonly #driver: PostgresConnection;
  readonly #limits: SessionLimits;
  readonly #turns = new StatementTurns();
  readonly #end = new SessionEnd();
  #status = idle;
  #identity: SessionIdentity | undefined;
  #prepares = false;

  private constructor(driver: PostgresConnection, limits: SessionLimits) {
    this.connection = driver;
    this.#driver = driver;
    this.#limits = limits;
    // Before pg's own listener, which answers the caller.
    driver.connection.prependListener("readyForQuery", ({ status = "" }) => {
      this.#status = status;
    });
    // Without a listener the end of an idle connection would end this process; this is the mark by which Knex drops it.
    for (const event of ["error", "end"] as const) {
      driver.on(event, (error) => {
        driver.__knex__disposed ??= error ?? "ended";
        this.#end.happened();
      });
    }
  }

  static async open(connection: object, limits: SessionLimits): Promise<PostgresSession> {
    const session = new PostgresSession(connection as PostgresConnection, limits);
    await session.#look();
    return session;
  }

  enter(): void {}

  leave(): void {}

  async execute(sql: string, bindings: readonly SqlValue[], gate?: TurnGate): Promise<StatementResult> {
    const { name, text } = prepared(sql);
    const reply = await this.#send({ ...(this.#prepares ? { name } : {}), text, values: bindings }, gate);
    const { rows = [], rowCount } = reply;
    const changes = reply.command === "SELECT" ? 0 : (rowCount ?? 0);
    return { rows, changes, upserted: changes > 0 };
  }

  /** Each statement sees what was committed when it began, whatever the session is set to. */
  async begin(): Promise<void> {
    await this.#send({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" });
  }

  /** The server answers COMMIT by a rollback, and without an error, where a statement has failed before. */
  async commit(): Promise<void> {
    const { command } = await this.#send({ text: "COMMIT" });
    if (command !== "COMMIT") throw new CommitRefused("the server rolled the transaction back");
  }

  async rollback(): Promise<void> {
    await this.#send({ text: "ROLLBACK" });
  }

  get lostTransaction(): boolean {
    return this.#status === idle;
  }

  afterFailedCommit(error: unknown): "rolled-back" | "unknown" {
    return saysRolledBack(error) ? "rolled-back" : "unknown";
  }

  get isOwn(): boolean {
    return this.#prepares;
  }

  onEnd(listener: () => void): () => void {
    return this.#end.listen(listener);
  }

  destroy(): void {
    this.#driver.__knex__disposed ??= "given up by @aside/knex";
    // Not `client.end()`: it waits for the statement under way.
    this.#driver.connection.stream.destroy();
  }

  async isGone(other: Session): Promise<boolean> {
    const watcher = other as PostgresSession;
    const mine = this.#identity;
    if (mine === undefined || watcher.#identity?.system !== mine.system) {
      throw new Error("sessions cannot be told apart over this connection");
    }
    // Of sessions of other users only the number can be seen.
    const where = `WHERE pid = ? AND (${beganAtUs} = ? OR backend_start IS NULL)`;
    const who = [mine.processId, mine.beganAtUs];
    const { rows } = await watcher.execute(`SELECT 1 FROM pg_stat_activity ${where}`, who);
    if (rows.length === 0) return true;
    // Where the client is unreachable the session would wait for its next statement, with its locks, for hours.
    await watcher
      .execute(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity ${where}`, who)
      .catch(ignored);
    return false;
  }

  guarded(gate: StatementGate): object {
    const driver = this.#driver;
    const query = (
      config: { readonly text?: string } | string,
      second?: unknown,
      third?: unknown,
    ): unknown => {
      const sql = typeof config === "string" ? config : (config.text ?? "");
      const reply = (typeof second === "function" ? second : third) as Reply | undefined;
      const swallow = gate.pass(sql) === "swallow";
      const bindings = typeof second === "function" || second === undefined ? [] : [second];
      const send = driver.query as (...args: unknown[]) => unknown;
      // Without a callback it is a stream, whose end nobody here can watch.
      if (reply === undefined) return send.call(driver, config, ...bindings);
      if (swallow) {
        process.nextTick(reply, null, {});
        return undefined;
      }
      this.#turns.take((done) => {
        const watched: Reply = (error, result) => {
          if (error) gate.failed(error);
          else if (this.lostTransaction) gate.endedUnderneath("unknown");
          done();
          reply(error, result);
        };
        try {
          gate.admit();
          send.call(driver, config, ...bindings, watched);
        } catch (error) {
          watched(error);
        }
      });
      return undefined;
    };
    return withOverrides<object>(driver, { query });
  }

  /** Sends one statement, and gives the connection up when there is no answer: whatever it would answer then belongs to nobody. */
  #send(
    statement: { readonly text: string; readonly values?: readonly SqlValue[] },
    gate?: TurnGate,
  ): Promise<PostgresReply> {
    return new Promise((resolve, reject) => {
      this.#turns.take((done) => {
        const { clock, statementTimeoutMs } = this.#limits;
        const timer = clock.after(statementTimeoutMs, () => {
          const timeout = new StatementTimeout("no answer to a statement");
          gate?.failed(timeout);
          reject(timeout);
          this.destroy();
        });
        const settle: Reply = (error, result) => {
          timer.cancel();
          if (error) gate?.failed(error);
          done();
          if (error) reject(error);
          else resolve(result as PostgresReply);
        };
        try {
          gate?.admit();
          this.#driver.query({ ...statement, rowMode: "array", types: plainTypes }, settle);
        } catch (error) {
          settle(error);
        }
      });
    });
  }

  async #look(): Promise<void> {
    if (this.#driver.binary === true) throw unfit("its results are asked for in binary");
    const { rows } = await this.execute(
      `SELECT pg_backend_pid(), (SELECT ${beganAtUs} FROM pg_stat_activity WHERE pid = pg_backend_pid()),
        pg_is_in_recovery(), current_setting('server_encoding'), current_setting('client_encoding')`,
      [],
    );
    const [processId, began, isReplica, ...encodings] = rows[0] ?? [];
    if (isReplica === 1)
      throw unfit("the server is a replica, whose rows may be older than what was committed");
    if (encodings.some((encoding) => encoding !== "UTF8")) {
      throw unfit(
        "the encoding of the database or of the connection is not UTF8, so that not every text can be kept",
      );
    }
    // A pooler gives out numbers of its own, and may lend another session to each transaction, which does not know our statements.
    if (Number(processId) !== this.#driver.processID) return;
    this.#prepares = true;
    const system = await this.#systemIdentifier();
    if (began !== null && system !== undefined) {
      this.#identity = { processId: String(processId), beganAtUs: String(began), system };
    }
  }

  async #systemIdentifier(): Promise<string | undefined> {
    try {
      const { rows } = await this.execute("SELECT system_identifier FROM pg_control_system()", []);
      return rows[0] === undefined ? undefined : String(rows[0][0]);
    } catch (error) {
      if (classifyPostgresError(error).connectionLost) throw error;
      return undefined;
    }
  }
}

const beganAtUs = "CAST(EXTRACT(EPOCH FROM backend_start) * 1000000 AS BIGINT)";

interface PreparedText {
  readonly name: string;
  readonly text: string;
}

/** Statements are few and fixed. */
const preparedTexts = new Map<string, PreparedText>();

/** With the placeholders of PostgreSQL, and a name that is the same wherever the text is. */
function prepared(sql: string): PreparedText {
  const known = preparedTexts.get(sql);
  if (known !== undefined) return known;
  let count = 0;
  const text = sql.replace(/\?/g, () => {
    count += 1;
    return `$${count}`;
  });
  const name = `aside_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
  const made = { name, text };
  preparedTexts.set(sql, made);
  return made;
}

function unfit(reason: string): AsideError {
  return new AsideError("CONFIGURATION", `The connection to PostgreSQL cannot be used: ${reason}.`);
}

/** It ended by itself, or may not be ended by this user: then it is waited for. */
function ignored(): void {}
