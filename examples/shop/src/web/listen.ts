import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../config/config-error.js";

/** A server that takes requests. */
export interface Listening {
  /** `http://host:port`. */
  readonly url: string;
  /** Takes no more requests, lets those under way end for up to `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/**
 * Starts to take requests.
 * @param port - 0: any free one.
 * @throws {ConfigError} when the address is taken or is not one of this machine.
 */
export async function listen(handler: RequestListener, host: string, port: number): Promise<Listening> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ConfigError(problemOf(error, host, port))),
    );
    server.listen(port, host, resolve);
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}`,
    close: (graceMs) => closeServer(server, graceMs),
  };
}

function problemOf({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE")
    return `port ${port} is taken; choose another one with PORT, or PORT=0 for any free one.`;
  if (code === "EACCES") return `port ${port} may not be used; choose another one with PORT.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `HOST ${host} is not an address of this machine.`;
  return `cannot listen on ${host} port ${port} (${code ?? "unknown reason"}).`;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
