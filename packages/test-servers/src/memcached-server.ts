import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { serverBinary } from "./installed-servers.js";
import { type ServerKind, ServerProcess } from "./server-process.js";
import { Watchdog } from "./watchdog.js";

/** How to start a memcached. */
export interface MemcachedOptions {
  /** Memory for entries, in MB. Default: 64. */
  readonly memoryMb?: number | undefined;
  /** Further arguments, after the others: `["-C"]`, `["-I", "2m"]`. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** Whether it listens on a UNIX socket, and on nothing else. Default: `false`. */
  readonly socketFile?: boolean | undefined;
  /** Files of the certificate and the key with which it speaks TLS. Default: none. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** A running memcached. Its entries live as long as its process. */
export class MemcachedServer extends ServerProcess {
  readonly #socketFile: string | undefined;

  constructor(kind: ServerKind, watchdog: Watchdog, socketFile: string | undefined) {
    super(kind, watchdog);
    this.#socketFile = socketFile;
  }

  /** `host:port`, as memcached clients want it, or the path of its socket. */
  get address(): string {
    return this.#socketFile ?? `${this.host}:${this.port}`;
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
  const watchdog = await Watchdog.start("aside-memcached");
  const socketFile = options.socketFile === true ? join(watchdog.folder, "socket") : undefined;
  const { tls } = options;
  const kind: ServerKind = {
    name: "memcached",
    binary,
    argsFor: (_folder, port) => [
      ...(socketFile === undefined ? ["-l", "127.0.0.1", "-p", String(port), "-U", "0"] : ["-s", socketFile]),
      ...["-m", String(options.memoryMb ?? 64), "-t", "2"],
      ...(tls ? ["-Z", "-o", `ssl_chain_cert=${tls.certFile},ssl_key=${tls.keyFile}`] : []),
      ...(process.getuid?.() === 0 ? ["-u", "root"] : []),
      ...(options.args ?? []),
    ],
    answers: (_folder, port, pid) =>
      isBehind(pid, () =>
        socketFile !== undefined
          ? connect({ path: socketFile })
          : tls
            ? connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false })
            : connect({ host: "127.0.0.1", port }),
      ),
  };
  const server = new MemcachedServer(kind, watchdog, socketFile);
  await server.launch();
  return server;
}

/** Whether the memcached behind a socket is this process. One that wants credentials does not tell. */
function isBehind(pid: number, open: () => Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let reply = "";
    const socket = open();
    socket.write("stats\r\n");
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (bytes) => {
      reply += bytes.toString("latin1");
      if (/^(?:END|CLIENT_ERROR unauthenticated)\r\n/m.test(reply)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const told = /STAT pid (\d+)/.exec(reply)?.[1];
      resolve(told === undefined ? reply.startsWith("CLIENT_ERROR unauthenticated") : Number(told) === pid);
    });
  });
}
