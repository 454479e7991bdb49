import { connect, type OnReadOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Milliseconds } from "@aside/core";
import type { ServerAddress } from "./server-address.js";

const keepAliveDelayMs: Milliseconds = 30_000;

/** Room for the answers to the reads of one tick of a busy process: with 64 KiB they came in several reads, each followed by a write of its own. */
const readBufferBytes = 256 * 1024;

/** What is told of a socket. */
export interface SocketListener {
  /** Bytes came. They stand in `buffer` until the call returns. */
  read(buffer: Buffer, length: number): void;
  /** The socket failed, or the other side ended it. May be told more than once. */
  failed(error: Error): void;
  /** The socket is gone. */
  closed(): void;
}

/**
 * Connects to one server: TCP, TLS over TCP, or a UNIX socket. Reads go into one buffer for the whole life of the socket (`onread`), since
 * Node.js would make 64 KB of garbage with every other one.
 */
export function openTextSocket(
  { host, port, path }: ServerAddress,
  tls: ConnectionOptions | undefined,
  listener: SocketListener,
): Socket {
  const buffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const onread: OnReadOpts = {
    buffer,
    callback: (length) => {
      listener.read(buffer, length);
      return true;
    },
  };
  const tcp = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
    onread,
  };
  const socket =
    path !== undefined
      ? connect({ path, onread })
      : tls !== undefined
        ? connectTls({ ...tls, ...tcp } as ConnectionOptions)
        : connect(tcp);
  socket.on("error", (error) => listener.failed(error));
  socket.on("end", () => listener.failed(new Error("The server ended the connection.")));
  socket.on("close", () => {
    listener.failed(new Error("The connection was closed."));
    listener.closed();
  });
  return socket;
}

/**
 * Destroys the socket with RST instead of FIN: else the kernel would go on sending what it still has, for minutes, and a store that nobody
 * waits for would happen when the network is back. Not by `resetAndDestroy`, which waits for those bytes; its private flag
 * (Node.js 20 to 24, `lib/net.js`) does it at once. Only TCP can: with TLS and UNIX sockets this is `destroy`.
 */
export function resetTextSocket(socket: Socket, { path }: ServerAddress, isTls: boolean): void {
  if (path === undefined && !isTls && !socket.connecting) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
