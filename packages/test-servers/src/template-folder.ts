import { lstat, rename, rm } from "node:fs/promises";

/** In a temporary folder shared by all users, a folder of somebody else is nothing to run a server on. */
export async function isFolderOf(uid: number, path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isDirectory() || found.uid !== uid) throw new Error(`${path} is in the way and not ours.`);
  return true;
}

/** Puts a finished folder in its place. Another process may have been faster: what it made is as good as ours, and stays. */
export async function publishFolder(uid: number, made: string, path: string): Promise<void> {
  await rename(made, path).catch(async (error: NodeJS.ErrnoException) => {
    if (!(await isFolderOf(uid, path))) throw error;
    await rm(made, { recursive: true });
  });
}
