import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chown, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { SystemUser } from "./system-user.js";
import { isFolderOf, publishFolder } from "./template-folder.js";
import { Watchdog } from "./watchdog.js";

const run = promisify(execFile);

/** What is in a fresh data folder. */
export interface PostgresContents {
  /** Of a user who may do everything. */
  readonly user: string;
  readonly password: string;
  /** An empty database. */
  readonly database: string;
}

/**
 * The path of a data folder as `initdb` makes it, with one database, made once for each owner and version of the server, and kept in the
 * temporary folder of the system. Copy it, never run on it. Any number of processes may ask at once.
 */
export async function postgresTemplate(
  binary: string,
  owner: SystemUser | undefined,
  contents: PostgresContents,
): Promise<string> {
  const uid = owner?.uid ?? process.getuid?.() ?? 0;
  const { stdout: version } = await run(binary, ["--version"]);
  const hash = createHash("sha256")
    .update(JSON.stringify([version, binary, contents, initOptions]))
    .digest("hex");
  const template = join(tmpdir(), `aside-postgres-template-${uid}-${hash.slice(0, 12)}`);
  if (await isFolderOf(uid, template)) return template;

  await using workshop = await Watchdog.start("aside-postgres-template");
  const { folder } = workshop;
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, contents.password);
  if (owner !== undefined) {
    for (const path of [folder, passwordFile]) await chown(path, owner.uid, owner.gid);
  }
  const args = [
    `--pgdata=${data}`,
    `--username=${contents.user}`,
    `--pwfile=${passwordFile}`,
    ...initOptions,
  ];
  const options = { cwd: folder, ...owner };
  await run(join(dirname(binary), "initdb"), args, options);
  // In single-user mode, since a server has to be waited for.
  const single = run(binary, ["--single", "-D", data, "postgres"], options);
  single.child.stdin?.end(`CREATE DATABASE ${contents.database};\n`);
  await single;
  await publishFolder(uid, data, template);
  return template;
}

const initOptions = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"];
