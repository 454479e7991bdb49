import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the process `pid` does: it runs, was stopped by a signal, or is gone. One that nobody has collected yet counts as gone. */
export async function stateOf(pid: number): Promise<"running" | "stopped" | "gone"> {
  const letters = process.platform === "linux" ? await fromProc(pid) : await fromPs(pid);
  if (letters === "" || /^[ZX]/.test(letters)) return "gone";
  // Linux tells it when a stop signal was obeyed by every thread.
  return letters.startsWith("T") ? "stopped" : "running";
}

async function fromProc(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2);
}

/** It exits with 1 where there is no such process. */
async function fromPs(pid: number): Promise<string> {
  const { stdout } = await run("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim();
}
