import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that tests need and that npm does not bring. */
export type ServerName = "memcached" | "mariadb" | "postgres" | "chromium";

/** For each: the names of its binary, the best first, and the Debian package that holds it. */
const catalogue: Readonly<Record<ServerName, { binaries: readonly string[]; debianPackage: string }>> = {
  memcached: { binaries: ["memcached"], debianPackage: "memcached" },
  mariadb: { binaries: ["mariadbd", "mysqld"], debianPackage: "mariadb-server" },
  postgres: { binaries: ["postgres"], debianPackage: "postgresql" },
  chromium: {
    binaries: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    debianPackage: "chromium",
  },
};

/** Servers live where the PATH of an ordinary user often does not lead. */
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/opt/homebrew/bin"];

/** Debian keeps each version of PostgreSQL apart. */
const debianPostgres = "/usr/lib/postgresql";

/** Whether this machine can start `name`. */
export function serverAvailable(name: ServerName): boolean {
  return serverBinary(name) !== undefined;
}

/**
 * The path of the binary of `name`, or `undefined` where it is not installed. `ASIDE_HIDE_SERVERS=memcached,mariadb`
 * makes this machine look like one without them.
 */
export function serverBinary(name: ServerName): string | undefined {
  if (process.env["ASIDE_HIDE_SERVERS"]?.split(",").includes(name)) return undefined;
  for (const binary of catalogue[name].binaries) {
    const path = findBinary(binary);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The Debian packages that bring those of `names` that are not installed here. */
export function missingDebianPackages(names: readonly ServerName[]): string[] {
  return names.filter((name) => !serverAvailable(name)).map((name) => catalogue[name].debianPackage);
}

/** The path of an executable file called `binary`, on the PATH or where systems put servers. */
export function findBinary(binary: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...systemFolders, ...postgresFolders()];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, binary))
    .find(isExecutable);
}

/** The newest version first. */
function postgresFolders(): string[] {
  if (!existsSync(debianPostgres)) return [];
  const versions = readdirSync(debianPostgres).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(debianPostgres, version, "bin"));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
