import { cp, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { serverBinary } from "./installed-servers.js";
import { dataFolderArgs, mariaDbTemplate } from "./mariadb-template.js";
import { type ServerKind, ServerProcess } from "./server-process.js";
import { Watchdog } from "./watchdog.js";

/** How to start a MariaDB. */
export interface MariaDbOptions {
  /** Further arguments, after the others: `["--innodb-lock-wait-timeout=1"]`. Default: none. */
  readonly args?: readonly string[] | undefined;
}

const user = "aside";
const password = "aside";
const database = "aside";

/** Run at each start, before the first connection. */
const initialSql = `
CREATE USER IF NOT EXISTS '${user}'@'127.0.0.1' IDENTIFIED BY '${password}';
GRANT ALL ON *.* TO '${user}'@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS ${database};
`;

/** A running MariaDB. What was committed survives `kill` and `restart`, and goes with `stop`. */
export class MariaDbServer extends ServerProcess {
  /** May do everything on this server. */
  readonly user: string = user;
  readonly password: string = password;
  /** An empty database. */
  readonly database: string = database;

  /** `mysql://user:password@host:port/database`. */
  get url(): string {
    return this.urlOf(this.database);
  }

  /** The address of another database of this server. */
  urlOf(name: string): string {
    return `mysql://${this.user}:${this.password}@${this.host}:${this.port}/${name}`;
  }

  /** Creates an empty database, in place of one of that name, and tells its address. */
  async createDatabase(name: string): Promise<string> {
    if (!/^\w{1,64}$/.test(name))
      throw new TypeError(`Not a plain name for a database: ${JSON.stringify(name)}`);
    const { createConnection } = await import("mysql2/promise");
    const connection = await createConnection({ uri: this.url });
    try {
      await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
      await connection.query(`CREATE DATABASE \`${name}\``);
    } finally {
      await connection.end();
    }
    return this.urlOf(name);
  }
}

/**
 * Starts a MariaDB with an empty database, and resolves when it takes connections. The first start on a machine
 * prepares a template of the data folder and takes some seconds.
 * @throws {Error} where MariaDB is not installed; ask `serverAvailable("mariadb")` first.
 */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDbServer> {
  const binary = serverBinary("mariadb");
  if (binary === undefined) throw new Error("MariaDB is not installed.");
  const template = await mariaDbTemplate(binary);
  const kind: ServerKind = {
    name: "MariaDB",
    binary,
    argsFor: (folder, port) => [...serverArgs(folder, port), ...(options.args ?? [])],
    answers: async (folder, port, pid) => (await pidIn(pidFile(folder))) === pid && (await greets(port)),
  };
  const watchdog = await Watchdog.start("aside-mariadb");
  const server = new MariaDbServer(kind, watchdog);
  try {
    await cp(template, join(watchdog.folder, "data"), { recursive: true });
    await writeFile(join(watchdog.folder, "init.sql"), initialSql);
  } catch (error) {
    await server.stop();
    throw error;
  }
  await server.launch();
  return server;
}

const pidFile = (folder: string): string => join(folder, "server.pid");

function serverArgs(folder: string, port: number): string[] {
  return [
    "--no-defaults",
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    `--datadir=${join(folder, "data")}`,
    `--tmpdir=${folder}`,
    `--socket=${join(folder, "server.sock")}`,
    `--pid-file=${pidFile(folder)}`,
    `--init-file=${join(folder, "init.sql")}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--performance-schema=OFF",
    "--max-connections=300",
    // Commits reach the operating system, not the disk: they survive every death of the process, and are fast.
    "--innodb-flush-log-at-trx-commit=2",
    ...dataFolderArgs,
    "--innodb-buffer-pool-size=32M",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=8M",
  ];
}

async function pidIn(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
}

/** Whether a MySQL server speaks first on `port`, with version 10 of its protocol. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let greeting = false;
    const socket = connect({ host: "127.0.0.1", port });
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (bytes) => {
      greeting = bytes[4] === 10;
      socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(greeting));
  });
}
