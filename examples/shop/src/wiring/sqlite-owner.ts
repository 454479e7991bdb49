import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { ConfigError } from "../config/config-error.js";

/** Holds a database file for one process, or for all that share a cache. */
export interface FileOwner {
  release(): void;
}

/**
 * Takes possession of an SQLite file. A cache inside the process knows nothing of what another process writes, so its process must be the
 * only one (`alone`); processes with a common cache may be many, but not beside one that is alone.
 *
 * The possession is a lock on the file `<file>.owner`, held by an open transaction: it ends with the process, however that dies.
 * @throws {ConfigError} when the file belongs to another process.
 */
export function ownFile(file: string, alone: boolean): FileOwner {
  const owner = new Database(`${realPathOf(file)}.owner`, { timeout: 0 });
  try {
    if (alone) {
      owner.exec("BEGIN EXCLUSIVE");
    } else {
      owner.exec("BEGIN");
      owner.prepare("SELECT count(*) FROM sqlite_schema").get(); // takes the shared lock
    }
  } catch (error) {
    owner.close();
    if (String((error as { code?: unknown }).code).startsWith("SQLITE_BUSY"))
      throw new ConfigError(taken(file, alone));
    throw error;
  }
  return { release: () => owner.close() };
}

/** A file has one owner by whatever name it is reached; one that is yet to be made is known by its folder. */
function realPathOf(file: string): string {
  return existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
}

function taken(file: string, alone: boolean): string {
  return alone
    ? `another shop uses ${file}; stop it, or give both one cache with ASIDE_CACHE_URL=memcached://host:port.`
    : `a shop with a cache of its own uses ${file}; stop it, or start it with the same ASIDE_CACHE_URL.`;
}
