import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./root.mjs";

/**
 * Runs `node ...args` in this terminal, from the root of the repository, and hands SIGINT and SIGTERM on to it.
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it, as shells do.
 */
export function runNode(args, { env = process.env, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: "inherit" });
    // The terminal sends Ctrl-C to the whole group; a signal sent to this process alone has to be passed on.
    const handOn = (signal) => child.kill(signal);
    process.on("SIGINT", handOn).on("SIGTERM", handOn);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", handOn).off("SIGTERM", handOn);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
