import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A user of this machine, as `spawn` takes it. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** @throws {Error} where there is no such user. */
export async function systemUser(name: string): Promise<SystemUser> {
  const idOf = async (flag: string) => Number((await run("id", [flag, name])).stdout);
  const [uid, gid] = await Promise.all([idOf("-u"), idOf("-g")]);
  return { uid, gid };
}
