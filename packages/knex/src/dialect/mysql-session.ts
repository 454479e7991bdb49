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
import { classifyMysqlError, saysRolledBack } from "./mysql-failures.js";
import { refusedMark } from "./mysql-sql.js";
import { SessionEnd } from "./session-end.js";
import { StatementTurns } from "./statement-turns.js";
import { withOverrides } from "./with-overrides.js";

type Reply = (error: unknown, result?: unknown) => void;

/** The part of a mysql2 connection that is used here (`mysql2/typings/mysql/lib/Connection.d.ts`). */
export interface MysqlConnection {
  query(options: object, callback: Reply): unknown;
  execute(options: object, callback: Reply): unknown;
  readonly stream: { destroy(): unknown; once(event: "close", listener: () => void): unknown };
  readonly config?: { readonly typeCast?: unknown };
}

interface StatementHeader {
  readonly affectedRows?: number;
  readonly insertId?: number | string;
  readonly serverStatus?: number;
}

/** Results in one shape, whatever the caller's connection is set to. */
const plainResults = {
  rowsAsArray: true,
  nestTables: false,
  namedPlaceholders: false,
  supportBigNumbers: false,
  bigNumberStrings: false,
};

/** A function that the caller set for all statements gives way only to another one. */
const plainCast = { typeCast: (_field: unknown, next: () => unknown) => next() };

/** `SERVER_STATUS_IN_TRANS` of the OK packet (MySQL, "Client/Server Protocol", status flags). */
const inTransaction = 1;

/** What is known of a session for its whole life. */
interface SessionFacts {
  readonly isolation: string;
  /** The number of the session, which the server gives anew after it was started anew. */
  readonly id: number;
  /** The server and the user: a number means something only there, and a session shows itself only to its own user. */
  readonly owner: string;
  /** The client's address and port as the server lists them. Absent where the session does not find itself: a pooler is in between. */
  readonly host: string | undefined;
}

/** A connection of mysql2. Statements are prepared, so that values are bound by the server whatever its `sql_mode`. */
export class MysqlSession implements Session {
  readonly connection: object;
  readonly #driver: MysqlConnection;
  readonly #limits: SessionLimits;
  readonly #results: object;
  #facts: SessionFacts = { isolation: "", id: 0, owner: "", host: undefined };
  readonly #turns = new StatementTurns();
  readonly #end = new SessionEnd();
  #destroyed = false;

  private constructor(connection: MysqlConnection, limits: SessionLimits) {
    this.connection = connection;
    this.#driver = connection;
    this.#limits = limits;
    connection.stream.once("close", () => this.#end.happened());
    this.#results =
      typeof connection.config?.typeCast === "function" ? { ...plainResults, ...plainCast } : plainResults;
  }

  static async open(connection: object, limits: SessionLimits): Promise<MysqlSession> {
    const session = new MysqlSession(connection as MysqlConnection, limits);
    session.#facts = await session.#readFacts();
    return session;
  }

  enter(): void {}

  leave(): void {}

  async execute(sql: string, bindings: readonly SqlValue[], gate?: TurnGate): Promise<StatementResult> {
    const options = { ...this.#results, sql, values: bindings };
    return resultOf(await this.#send((reply) => this.#driver.execute(options, reply), gate));
  }

  /**
   * Each statement sees what was committed when it began (READ COMMITTED): with REPEATABLE READ, the default of the server, a second read
   * would return the state of the first one, older than the call. A session that is set to it already saves the round trip.
   */
  async begin(): Promise<void> {
    const { isolation } = this.#facts;
    const begun = [];
    if (isolation !== "READ-COMMITTED" && isolation !== "SERIALIZABLE") {
      begun.push(this.#command("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"));
    }
    begun.push(this.#command("BEGIN"));
    for (const result of await Promise.allSettled(begun)) {
      if (result.status === "rejected") throw result.reason;
    }
  }

  async commit(): Promise<void> {
    await this.#command("COMMIT");
  }

  async rollback(): Promise<void> {
    await this.#command("ROLLBACK");
  }

  /** Told by the error of the statement that cost it, or by the reply to a user's own. */
  get lostTransaction(): boolean {
    return false;
  }

  afterFailedCommit(error: unknown): "rolled-back" | "unknown" {
    return saysRolledBack(error) ? "rolled-back" : "unknown";
  }

  /** Nothing tells a pooler in between; those that lend sessions by the transaction keep one for the holder of a lock. */
  readonly isOwn = true;

  onEnd(listener: () => void): () => void {
    return this.#end.listen(listener);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    // Not `connection.destroy()`: it forgets the statements under way, whose callers would wait for ever.
    this.#driver.stream.destroy();
  }

  async isGone(other: Session): Promise<boolean> {
    const { id, owner, host } = this.#facts;
    const watcher = other as MysqlSession;
    if (host === undefined || watcher.#facts.host === undefined || watcher.#facts.owner !== owner) {
      throw new Error("sessions cannot be told apart over this connection");
    }
    const listed = await hostOf(watcher, id);
    // Gone, or the number is a stranger's, since the server was started anew.
    if (listed !== host) return true;
    // Where the client is unreachable the session would wait for its next statement, with its locks, for hours. Over a local
    // socket all hosts look alike, and the number may be a stranger's: then it is only waited for.
    if (/:\d+$/.test(host)) await watcher.#command(`KILL CONNECTION ${id}`).catch(ignored);
    return false;
  }

  guarded(gate: StatementGate): object {
    const driver = this.#driver as MysqlConnection & Record<string, unknown>;
    const send =
      (method: "query" | "execute") =>
      (options: { readonly sql?: string } | string, second?: unknown, third?: unknown) => {
        const sql = typeof options === "string" ? options : (options.sql ?? "");
        const reply = (typeof second === "function" ? second : third) as Reply | undefined;
        const forward = driver[method] as (...rest: unknown[]) => unknown;
        const swallow = gate.pass(sql) === "swallow";
        // Without a callback it is a stream, whose end nobody here can watch.
        if (reply === undefined) return forward.call(driver, options, second);
        if (swallow) {
          process.nextTick(reply, null, {});
          return undefined;
        }
        const bindings = typeof second === "function" ? [] : [second];
        this.#turns.take((done) => {
          const watched = (error: unknown, result?: unknown, ...more: unknown[]): void => {
            if (error) gate.failed(error);
            else if (endedTransaction(result)) gate.endedUnderneath("unknown");
            done();
            (reply as (...rest: unknown[]) => void)(error, result, ...more);
          };
          try {
            gate.admit();
            forward.call(driver, options, ...bindings, watched);
          } catch (error) {
            watched(error);
          }
        });
        return undefined;
      };
    return withOverrides(driver, { query: send("query"), execute: send("execute") });
  }

  #command(sql: string): Promise<unknown> {
    return this.#send((reply) => this.#driver.query({ ...this.#results, sql }, reply));
  }

  /** Sends one statement, and gives the connection up when there is no answer: whatever it would answer then belongs to nobody. */
  #send(statement: (reply: Reply) => void, gate?: TurnGate): Promise<unknown> {
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
          else resolve(result);
        };
        try {
          gate?.admit();
          statement(settle);
        } catch (error) {
          settle(error);
        }
      });
    });
  }

  async #readFacts(): Promise<SessionFacts> {
    const [ids, rows] = await Promise.all([
      this.#command(
        "SELECT CONNECTION_ID(), CONCAT(SUBSTRING_INDEX(USER(), '@', 1), ' at ', @@hostname, ':', @@port)",
      ),
      this.#command(
        "SHOW SESSION VARIABLES WHERE Variable_name IN ('autocommit', 'tx_isolation', 'transaction_isolation', 'character_set_client', 'character_set_connection', 'sql_mode')",
      ),
    ]);
    const variables = new Map(
      resultOf(rows).rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]),
    );
    const isolation = variables.get("transaction_isolation") ?? variables.get("tx_isolation") ?? "";
    if (variables.get("autocommit") !== "ON") {
      throw unfit("autocommit is off, so that writes outside a transaction would never be committed");
    }
    if (isolation === "READ-UNCOMMITTED") {
      throw unfit(
        "its isolation level is READ UNCOMMITTED, so that reads would see what is rolled back later",
      );
    }
    // MariaDB only. It changes what an upsert refers to: seen to let a stale fencing token write.
    if (variables.get("sql_mode")?.includes("SIMULTANEOUS_ASSIGNMENT")) {
      throw unfit("its sql_mode has SIMULTANEOUS_ASSIGNMENT");
    }
    for (const name of ["character_set_client", "character_set_connection"]) {
      if (variables.get(name) !== "utf8mb4") {
        throw unfit(`${name} is not utf8mb4, so that keys and values could be changed on the way`);
      }
    }
    const [id, owner] = resultOf(ids).rows[0] ?? [];
    const host = await hostOf(this, Number(id)).catch((error: unknown) => {
      if (classifyMysqlError(error).connectionLost) throw error;
      return undefined;
    });
    return { isolation, id: Number(id), owner: String(owner), host };
  }
}

/**
 * Where the client of a session sits, while it is under way or being cleaned up; `undefined` when there is no such session. A user
 * sees the sessions of its own name without any privilege.
 */
async function hostOf(watcher: MysqlSession, id: number): Promise<string | undefined> {
  const listing = async (table: string): Promise<string | undefined> => {
    const { rows } = await watcher.execute(`SELECT HOST FROM ${table} WHERE ID = ?`, [id]);
    return rows[0] === undefined ? undefined : String(rows[0][0]);
  };
  try {
    return await listing("information_schema.PROCESSLIST");
  } catch (error) {
    if (classifyMysqlError(error).connectionLost) throw error;
    // Deprecated in MySQL 8.0.35; the other one is switched off in MariaDB by default.
    return await listing("performance_schema.processlist");
  }
}

function resultOf(reply: unknown): StatementResult {
  if (Array.isArray(reply)) return { rows: reply as unknown[][], changes: 0, upserted: false };
  const { affectedRows = 0, insertId = 0 } = (reply ?? {}) as StatementHeader;
  return { rows: [], changes: affectedRows, upserted: Number(insertId) !== refusedMark };
}

/** Whether the reply to a user's statement says that no transaction is open any more. */
function endedTransaction(reply: unknown): boolean {
  const status = (reply as StatementHeader | undefined)?.serverStatus;
  return typeof status === "number" && (status & inTransaction) === 0;
}

function unfit(reason: string): AsideError {
  return new AsideError("CONFIGURATION", `The connection to MySQL cannot be used: ${reason}.`);
}

/** It ended by itself, or may not be ended by this user: then it is waited for. */
function ignored(): void {}
