import { type CacheConfig, parseCacheUrl } from "./cache-url.js";
import { ConfigError } from "./config-error.js";
import { type DatabaseConfig, parseDatabaseUrl } from "./database-url.js";

/** All that the environment decides. */
export interface ShopConfig {
  readonly cache: CacheConfig;
  readonly database: DatabaseConfig;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Signs session cookies. Absent: made at the first start and kept in the database. */
  readonly sessionSecret: string | undefined;
}

/**
 * Reads the settings: `ASIDE_CACHE_URL`, `ASIDE_DATABASE_URL`, `ASIDE_SESSION_SECRET`, `HOST`, `PORT`.
 * @param cwd - what relative paths are relative to.
 * @throws {ConfigError} with one line that says what to change.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, cwd: string): ShopConfig {
  return Object.freeze({
    cache: parseCacheUrl(env["ASIDE_CACHE_URL"]),
    database: parseDatabaseUrl(env["ASIDE_DATABASE_URL"], cwd),
    host: env["HOST"]?.trim() || "127.0.0.1",
    port: parsePort(env["PORT"]),
    sessionSecret: parseSecret(env["ASIDE_SESSION_SECRET"]),
  });
}

function parsePort(text: string | undefined): number {
  if (text === undefined || text.trim() === "") return 3000;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new ConfigError("PORT must be a number from 0 to 65535.");
  return port;
}

function parseSecret(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length < 16) throw new ConfigError("ASIDE_SESSION_SECRET must have at least 16 characters.");
  return text;
}
