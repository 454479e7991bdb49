import { execFile } from "node:child_process";
import { chown, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { serverBinary } from "./installed-servers.js";
import { postgresTemplate } from "./postgres-template.js";
import { type ServerKind, ServerProcess } from "./server-process.js";
import { systemUser } from "./system-user.js";
import { Watchdog } from "./watchdog.js";

const run = promisify(execFile);

/** How to start a PostgreSQL. */
export interface PostgresOptions {
  /** Further arguments, after the others: `["-c", "lock_timeout=1s"]`. Default: none. */
  readonly args?: readonly string[] | undefined;
}

const contents = { user: "aside", password: "aside", database: "aside" };

/**
 * A running PostgreSQL. What was committed survives `kill` and `restart`, and goes with `stop`. To shut it down in good order while
 * clients are connected takes `SIGINT`; at `SIGTERM` it waits for them.
 */
export class PostgresServer extends ServerProcess {
  /** May do everything on this server. */
  readonly user: string = contents.user;
  readonly password: string = contents.password;
  /** An empty database. */
  readonly database: string = contents.database;

  /** `postgres://user:password@host:port/database`. */
  get url(): string {
    return this.urlOf(this.database);
  }

  /** The address of another database of this server. */
  urlOf(name: string): string {
    return `postgres://${this.user}:${this.password}@${this.host}:${this.port}/${name}`;
  }

  /** Creates an empty database, in place of one of that name, and tells its address. */
  async createDatabase(name: string): Promise<string> {
    if (!/^[a-z_]\w{0,62}$/.test(name))
      throw new TypeError(`Not a plain name for a database: ${JSON.stringify(name)}`);
    const { default: pg } = await import("pg");
    const client = new pg.Client(this.url);
    await client.connect();
    try {
      await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      await client.query(`CREATE DATABASE "${name}"`);
    } finally {
      await client.end();
    }
    return this.urlOf(name);
  }
}

/**
 * Starts a PostgreSQL with an empty database, and resolves when it takes connections. The first start on a machine prepares a
 * template of the data folder and takes some seconds. PostgreSQL does not run as root: where this process does, its own user
 * `postgres` runs it.
 * @throws {Error} where PostgreSQL is not installed; ask `serverAvailable("postgres")` first.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binary = serverBinary("postgres");
  if (binary === undefined) throw new Error("PostgreSQL is not installed.");
  const user = process.getuid?.() === 0 ? await systemUser("postgres") : undefined;
  const template = await postgresTemplate(binary, user, contents);
  const kind: ServerKind = {
    name: "PostgreSQL",
    binary,
    user,
    forks: true,
    argsFor: (folder, port) => [...serverArgs(folder, port), ...(options.args ?? [])],
    answers: isReady,
  };
  const watchdog = await Watchdog.start("aside-postgres");
  const server = new PostgresServer(kind, watchdog);
  try {
    const { folder } = watchdog;
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    await run("cp", ["-R", template, join(folder, "data")], { cwd: folder, ...user });
  } catch (error) {
    await server.stop();
    throw error;
  }
  await server.launch();
  return server;
}

function serverArgs(folder: string, port: number): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 300,
    shared_buffers: "16MB",
    // Commits reach the operating system, not the disk: they survive every death of the process, and are fast.
    fsync: "off",
    full_page_writes: "off",
    deadlock_timeout: "100ms",
    // In the folder, where a crash leaves nothing behind elsewhere.
    dynamic_shared_memory_type: "mmap",
    jit: "off",
  };
  return [
    ...["-D", join(folder, "data")],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** The server writes its process id into the first line of this file, and how far it is into the eighth. */
async function isReady(folder: string, _port: number, pid: number): Promise<boolean> {
  const file = await readFile(join(folder, "data", "postmaster.pid"), "utf8").catch(() => "");
  const lines = file.split("\n");
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}
