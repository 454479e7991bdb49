import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findBinary } from "./installed-servers.js";
import { isFolderOf, publishFolder } from "./template-folder.js";
import { Watchdog } from "./watchdog.js";

const run = promisify(execFile);

/** Creating the system tables takes seconds, copying them a fraction of one. The redo log is kept small for that. */
export const dataFolderArgs: readonly string[] = ["--innodb-log-file-size=8M"];

/**
 * The path of a data folder with fresh system tables, made once for each user and version of the server, and kept in
 * the temporary folder of the system. Copy it, never run on it. Any number of processes may ask at once.
 */
export async function mariaDbTemplate(binary: string): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const { stdout: version } = await run(binary, ["--no-defaults", "--version"]);
  const hash = createHash("sha256")
    .update(JSON.stringify([version, binary, dataFolderArgs]))
    .digest("hex");
  const template = join(tmpdir(), `aside-mariadb-template-${uid}-${hash.slice(0, 12)}`);
  if (await isFolderOf(uid, template)) return template;

  await using workshop = await Watchdog.start("aside-mariadb-template");
  const data = join(workshop.folder, "data");
  await mkdir(data, { mode: 0o700 });
  await installSystemTables(binary, data);
  await publishFolder(uid, data, template);
  return template;
}

async function installSystemTables(binary: string, data: string): Promise<void> {
  const installer = findBinary("mariadb-install-db") ?? findBinary("mysql_install_db");
  if (installer === undefined)
    throw new Error("mariadb-install-db, which comes with mariadb-server, is missing.");
  const args = [
    ...["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal"],
    ...["--skip-test-db", "--skip-name-resolve", ...(process.getuid?.() === 0 ? ["--user=root"] : [])],
    ...dataFolderArgs,
  ];
  // It looks for its helpers, and for mariadbd, on the PATH.
  const path = [process.env["PATH"], dirname(binary), dirname(installer)].join(":");
  await run(installer, args, { cwd: data, env: { ...process.env, PATH: path } });
}
