import { resolve } from "node:path";
import { ConfigError } from "./config-error.js";

/** Where the data is kept. */
export type DatabaseConfig =
  | {
      readonly kind: "sqlite";
      /** Absolute path. */
      readonly file: string;
    }
  | {
      readonly kind: "mysql";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

const example = "mysql://user:password@host:3306/database or sqlite:path/to/file.sqlite";

/**
 * Reads `ASIDE_DATABASE_URL`. Messages never repeat the URL: it may hold a password.
 * @param url - `undefined` or empty: an SQLite file in the folder `data` of `cwd`.
 * @throws {ConfigError}
 */
export function parseDatabaseUrl(url: string | undefined, cwd: string): DatabaseConfig {
  if (url === undefined || url.trim() === "") {
    return { kind: "sqlite", file: resolve(cwd, "data", "shop.sqlite") };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.trim())?.[1]?.toLowerCase();
  if (scheme === "sqlite") return parseSqlite(url.trim(), cwd);
  if (scheme === "mysql" || scheme === "mariadb") return parseMysql(url.trim());
  throw new ConfigError(`ASIDE_DATABASE_URL must look like ${example}.`);
}

/** How the operator may call the database in a message: no user, no password. */
export function describeDatabase(config: DatabaseConfig): string {
  return config.kind === "sqlite" ? config.file : `mysql://${config.host}:${config.port}/${config.database}`;
}

function parseSqlite(url: string, cwd: string): DatabaseConfig {
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.startsWith("//") || path.includes("\0")) {
    throw new ConfigError("ASIDE_DATABASE_URL must name a file: sqlite:path/to/file.sqlite.");
  }
  if (path.startsWith(":")) {
    throw new ConfigError(
      "ASIDE_DATABASE_URL must name a file: the shop keeps nothing in :memory: databases.",
    );
  }
  return { kind: "sqlite", file: resolve(cwd, path) };
}

function parseMysql(text: string): DatabaseConfig {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError(
      `ASIDE_DATABASE_URL is not a URL; it must look like ${example} (%-encode special characters of the password).`,
    );
  }
  const database = decode(url.pathname.slice(1));
  if (url.hostname === "" || url.username === "") {
    throw new ConfigError(
      "ASIDE_DATABASE_URL lacks the host or the user: mysql://user:password@host:3306/database.",
    );
  }
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(database)) {
    throw new ConfigError(
      "ASIDE_DATABASE_URL must end in the name of a database: mysql://user:password@host:3306/database.",
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new ConfigError("ASIDE_DATABASE_URL takes no parameters after the name of the database.");
  }
  return {
    kind: "mysql",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 3306 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigError("ASIDE_DATABASE_URL has a broken %-escape.");
  }
}
