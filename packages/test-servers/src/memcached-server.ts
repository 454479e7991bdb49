import { connect } from "node:net";
import { serverBinary } from "./installed-servers.js";
import { type ServerKind, ServerProcess } from "./server-process.js";
import { Watchdog } from "./watchdog.js";

/** How to start a memcached. */
export interface MemcachedOptions {
  /** Memory for entries, in MB. Default: 64. */
  readonly memoryMb?: number | undefined;
  /** Further arguments, after the others: `["-C"]`, `["-I", "2m"]`. Default: none. */
  readonly args?: readonly string[] | undefined;
}

/** A running memcached. Its entries live as long as its process. */
export class MemcachedServer extends ServerProcess {
  /** `host:port`, as memcached clients want it. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** `memcached://host:port`. */
  get url(): string {
    return `memcached://${this.address}`;
  }
}

/**
 * Starts a memcached, empty, and resolves when it answers.
 * @throws {Error} where memcached is not installed; ask `serverAvailable("memcached")` first.
 */
export async function startMemcached(options: MemcachedOptions = {}): Promise<MemcachedServer> {
  const binary = serverBinary("memcached");
  if (binary === undefined) throw new Error("memcached is not installed.");
  const kind: ServerKind = {
    name: "memcached",
    binary,
    argsFor: (_folder, port) => [
      ...["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-m", String(options.memoryMb ?? 64), "-t", "2"],
      ...(process.getuid?.() === 0 ? ["-u", "root"] : []),
      ...(options.args ?? []),
    ],
    answers: async (_folder, port, pid) => (await pidBehind(port)) === pid,
  };
  const server = new MemcachedServer(kind, await Watchdog.start("aside-memcached"));
  await server.launch();
  return server;
}

/** The process id that the memcached on `port` tells, or `undefined` while none answers there. */
function pidBehind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    let reply = "";
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write("stats\r\n"));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (bytes) => {
      reply += bytes.toString("latin1");
      if (reply.includes("END\r\n")) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const pid = /STAT pid (\d+)/.exec(reply)?.[1];
      resolve(pid === undefined ? undefined : Number(pid));
    });
  });
}
