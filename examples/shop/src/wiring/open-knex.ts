import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import knex, { type Knex } from "knex";
import { ConfigError } from "../config/config-error.js";
import { type DatabaseConfig, describeDatabase } from "../config/database-url.js";
import { failureReason } from "../data/failure-reason.js";

/**
 * Opens the database and asks it something, so that a wrong address shows at the start.
 * @throws {ConfigError} with one line without user and password.
 */
export async function openKnex(config: DatabaseConfig): Promise<Knex> {
  const opened = knex({ ...clientOf(config), log: silent });
  try {
    await withinSeconds(10, opened.raw("select 1"));
  } catch (error) {
    // Not waited for: a pool whose server does not answer may take long to give up.
    opened.destroy().catch(() => undefined);
    throw new ConfigError(`cannot open the database ${describeDatabase(config)}: ${reasonOf(error)}.`);
  }
  return opened;
}

/**
 * Makes the folder of an SQLite file. A new one keeps itself out of git.
 * @throws {ConfigError}
 */
export function makeFolderOf(file: string): void {
  const folder = dirname(file);
  try {
    if (mkdirSync(folder, { recursive: true }) !== undefined)
      writeFileSync(join(folder, ".gitignore"), "*\n");
  } catch (error) {
    throw new ConfigError(`cannot make the folder ${folder}: ${reasonOf(error)}.`);
  }
}

function clientOf(config: DatabaseConfig): Knex.Config {
  if (config.kind === "sqlite") {
    return { client: "better-sqlite3", connection: { filename: config.file }, useNullAsDefault: true };
  }
  const { host, port, user, password, database } = config;
  return {
    client: "mysql2",
    connection: { host, port, user, password, database, charset: "utf8mb4", connectTimeout: 5_000 },
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 10_000,
  };
}

function reasonOf(error: unknown): string {
  return failureReason(error) ?? "it does not answer";
}

async function withinSeconds<T>(seconds: number, work: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("late")), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const nothing = (): void => undefined;

/** Knex prints errors with the values of the statement unless it is told otherwise. */
const silent: Knex.Logger = { warn: nothing, error: nothing, deprecate: nothing, debug: nothing };
