import type { Socket } from "node:net";
import { Server } from "memjs";

/**
 * The subset of memjs's `Server` that is driven here: how it connects and authenticates. Much of it is private to memjs, so the peer range
 * is narrow: `~1.3.2`.
 * Source: https://github.com/memcachier/memjs/blob/master/lib/memjs/server.js
 */
export interface MemjsServer {
  /** The socket in use; memjs connects a new one silently where it is missing. */
  _socket?: Socket | undefined;
  username: string | undefined;
  password: string | undefined;
  onError(opaque: number, handler: (error: unknown) => void): void;
  /** Empties all tables, destroys the socket, then calls the handlers of `onError`. */
  error(error: unknown): void;
  /** Calls `go` with the socket as soon as it is connected and authenticated. */
  sock(sasl: boolean, go: (socket: Socket) => void): void;
  /** Gets every chunk that the socket brings. */
  responseHandler(bytes: Buffer): void;
  /** Sends name and password, once the server has listed its mechanisms. */
  saslAuth(): void;
  emit(event: "authenticated"): void;
}

export interface MemjsServerOptions {
  /** Seconds; 0 switches memjs's own timer off. */
  readonly timeout: number;
  readonly conntimeout: number;
  readonly keepAlive: boolean;
  readonly keepAliveDelay: number;
}

/** memjs's own class; `@types/memjs` knows neither its constructor nor its fields. */
export const MemjsServerBase: new (
  host: string,
  port: number,
  username: string | undefined,
  password: string | undefined,
  options: MemjsServerOptions,
) => MemjsServer = Server as never;
