import type { Socket } from "node:net";
import { Server } from "memjs";

/** An answer as memjs parses it. */
export interface MemjsResponse {
  readonly header: {
    readonly magic: number;
    readonly opcode: number;
    readonly keyLength: number;
    readonly extrasLength: number;
    readonly status: number;
    readonly totalBodyLength: number;
    readonly opaque: number;
    readonly cas: Buffer;
  };
  readonly key: Buffer;
  readonly extras: Buffer;
  readonly val: Buffer;
}

/** With `quiet` memjs keeps the handler for more answers, until one has no body. */
export interface MemjsResponseHandler {
  (response: MemjsResponse): void;
  quiet?: boolean;
}

/**
 * The subset of memjs's `Server` that is driven here. Much of it is private to memjs, so the peer range
 * is narrow: `~1.3.2`.
 * Source: https://github.com/memcachier/memjs/blob/master/lib/memjs/server.js
 */
export interface MemjsServer {
  /** The socket in use; memjs connects a new one silently where it is missing. */
  _socket?: Socket | undefined;
  /** Bytes of an answer that is not complete. memjs keeps them when it reconnects. */
  responseBuffer: Buffer;
  responseCallbacks: Record<number, MemjsResponseHandler>;
  username: string | undefined;
  password: string | undefined;
  onResponse(opaque: number, handler: MemjsResponseHandler): void;
  onError(opaque: number, handler: (error: unknown) => void): void;
  /** Empties all tables, destroys the socket, then calls the handlers of `onError`. */
  error(error: unknown): void;
  write(bytes: Buffer): void;
  sock(sasl: boolean, go: (socket: Socket) => void): void;
  appendToBuffer(bytes: Buffer): Buffer;
  responseHandler(bytes: Buffer): void;
  respond(response: MemjsResponse): void;
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
