import { spawnSync } from "node:child_process";

/** The ids of the processes that `pid` started and that still run. Synchronous, so that a crash comes at once. */
export function childrenOf(pid: number): number[] {
  const { error, stdout } = spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout.split("\n").filter(Boolean).map(Number);
}
