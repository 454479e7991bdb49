import { type InvalidationLog, isAsideError, type PersistenceBackend } from "@aside/core";
import type { DatabaseStep, Statement, VersionChoice } from "./database-step.js";
import type { DatabaseWorld, Row } from "./database-world.js";

/** What a world has handed out, for later steps to use. */
export interface Known {
  /** Versions, the newest last, and which write each names. */
  readonly versions: string[];
  readonly writes: Map<string, string>;
  /** Ids of the log rows that were read last. */
  logIds: readonly string[];
}

/** Ends the work of a transaction in order that it is rolled back. */
class RolledBack extends Error {}

interface Transaction {
  /** Does the next statement within the transaction. */
  readonly next: (statement: Work) => void;
  readonly ended: Promise<string>;
}

type Work = { readonly end: "commit" | "rollback" } | { readonly statement: () => Promise<void> };

/** One client of one world. Does its steps one after the other, within a transaction where one is open. */
export class DatabaseActor {
  readonly #world: DatabaseWorld;
  readonly #rows: PersistenceBackend<Row>;
  readonly #known: Known;
  #transaction: Transaction | undefined;

  constructor(world: DatabaseWorld, client: 0 | 1, known: Known) {
    this.#world = world;
    this.#rows = world.clients[client];
    this.#known = known;
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  /** Resolves with the answer, as text. @param name - of the write, if it is one. */
  act(action: DatabaseStep["action"], name: string): Promise<string> {
    switch (action.kind) {
      case "begin":
        this.#transaction = this.#begin();
        return Promise.resolve("begun");
      case "commit":
      case "rollback": {
        const { next, ended } = this.#transaction as Transaction;
        this.#transaction = undefined;
        next({ end: action.kind });
        return ended;
      }
      default:
        return this.#statement(action, name);
    }
  }

  #statement(statement: Statement, name: string): Promise<string> {
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#answer(statement, name);
    return new Promise((resolve) => {
      transaction.next({ statement: async () => resolve(await this.#answer(statement, name)) });
    });
  }

  /** A transaction whose work does what it is told, piece by piece. */
  #begin(): Transaction {
    const queue: Work[] = [];
    let wake: () => void = () => undefined;
    const next = (work: Work): void => {
      queue.push(work);
      wake();
    };
    const work = async (): Promise<void> => {
      for (;;) {
        const due = queue.shift();
        if (due === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ("statement" in due) await due.statement();
        else if (due.end === "rollback") throw new RolledBack();
        else return;
      }
    };
    const ended = this.#rows.transactions.run(work).then(
      () => "committed",
      (error: unknown) => {
        if (error instanceof RolledBack) return "rolled back";
        return `rejected: ${codeOf(error)}`;
      },
    );
    return { next, ended };
  }

  async #answer(statement: Statement, name: string): Promise<string> {
    try {
      return await this.#perform(statement, name);
    } catch (error) {
      return codeOf(error);
    }
  }

  async #perform(statement: Statement, name: string): Promise<string> {
    const rows = this.#rows;
    const log = rows.transactions.log as InvalidationLog;
    switch (statement.kind) {
      case "read":
      case "lock": {
        const found = await rows.readMany(statement.keys, { forUpdate: statement.kind === "lock" });
        return statement.keys
          .map((key) => {
            const row = found.get(key);
            if (row === undefined) return `${key}: no row`;
            const ends = row.expiresAtMs === undefined ? "" : ", ends";
            return `${key}: ${row.value.id}, version of ${this.#known.writes.get(row.version) ?? "nobody"}${ends}`;
          })
          .join("; ");
      }
      case "write": {
        const { key, end, expected } = statement;
        const condition = this.#version(expected);
        const result = await rows.write(
          key,
          { id: name },
          {
            ...(condition !== undefined && { expectedVersion: condition }),
            ...(end !== "never" && { expiresAtMs: end === "keep" ? end : this.#instant(end) }),
          },
        );
        if (!result.written) return `not written: ${result.reason}, ${this.#nameOf(result.version)}`;
        this.#known.versions.push(result.version);
        this.#known.writes.set(result.version, name);
        return "written";
      }
      case "remove": {
        const condition = this.#version(statement.expected);
        const result = await rows.remove(
          statement.key,
          condition === undefined ? {} : { expectedVersion: condition },
        );
        if (result.removed) return "removed";
        return "reason" in result
          ? `not removed: ${result.reason}, ${this.#nameOf(result.version)}`
          : "no row";
      }
      case "touch":
        return String(await rows.touch(statement.key, this.#instant(statement.end)));
      case "sweep":
        return `swept ${await rows.removeExpired(statement.limit)}`;
      case "append": {
        const { logName: cache } = this.#world;
        const ids = Array.from({ length: statement.count }, (_, n) => `${name}-${n}`);
        await log.append(ids.map((id) => ({ id: `${cache}-${id}`, cache, key: `key-${id}` })));
        return "appended";
      }
      case "read log": {
        const found = [...(await log.read(this.#world.logName, 1_000))];
        found.sort((one, other) => (one.id < other.id ? -1 : 1));
        this.#known.logIds = found.map(({ id }) => id);
        return found.map(({ key }) => key).join(" ");
      }
      case "strike": {
        const { logIds } = this.#known;
        const chosen = logIds[statement.nth % (logIds.length || 1)];
        await log.remove(chosen === undefined ? ["none"] : [chosen, "none"]);
        return "struck";
      }
      case "join":
        return this.#join(statement, name);
    }
  }

  async #join(statement: Statement & { readonly kind: "join" }, name: string): Promise<string> {
    let inner = "not run";
    try {
      await this.#rows.transactions.run(async () => {
        inner = await this.#perform(statement.inner, name);
        if (statement.rejects) throw new RolledBack();
      });
      return `${inner}; joined`;
    } catch (error) {
      return `${inner}; rejected: ${error instanceof RolledBack ? "by the work" : codeOf(error)}`;
    }
  }

  #version(choice: VersionChoice): string | null | undefined {
    if (typeof choice !== "number") return choice;
    const { versions } = this.#known;
    return versions.at(-1 - (choice % (versions.length || 1))) ?? "none";
  }

  #nameOf(version: string | undefined): string {
    return version === undefined ? "no row" : (this.#known.writes.get(version) ?? "nobody's");
  }

  #instant(end: "later" | "ended"): number {
    return this.#world.nowMs() + (end === "later" ? 3_600_000 : -60_000);
  }
}

function codeOf(error: unknown): string {
  return isAsideError(error) ? error.code : `another error: ${String(error)}`;
}
