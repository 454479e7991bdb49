import { AsideError, isAsideError } from "@aside/core";

/**
 * Where the trouble of memcached, of memjs and of sockets becomes an `AsideError`, and nowhere else. Messages name the node and
 * never a key or a value. The original error of a socket is kept as `cause`: it holds an address and an errno.
 */

/** The server broke the protocol: an answer that nobody asked for, or damaged bytes. The connection cannot be used any more. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}

/** The server does not take the credentials, or wants some. */
export class AuthenticationError extends Error {
  constructor() {
    super("the server refused the credentials");
    this.name = "AuthenticationError";
  }
}

/** The node could not be asked, or its connection broke with the call under way. */
export function unavailable(partition: string, why: string, cause?: unknown): AsideError {
  return new AsideError("CACHE_UNAVAILABLE", `memcached ${partition}: ${why}`, { cause });
}

export function timedOut(partition: string, why: string): AsideError {
  return new AsideError("CACHE_TIMEOUT", `memcached ${partition}: ${why}`);
}

export function misconfigured(partition: string, why: string): AsideError {
  return new AsideError("CONFIGURATION", `memcached ${partition}: ${why}`);
}

export function closed(): AsideError {
  return new AsideError("CLOSED", "The memcached cache was closed.");
}

/** The call was refused before anything was sent. */
export function invalidKey(key: string, why: string): AsideError {
  return new AsideError("INVALID_KEY", `A memcached key ${why}.`, { key });
}

/** The call was refused before anything was sent, so whatever stands there still stands. */
export function tooLarge(bytes: number, maxBytes: number): AsideError {
  return new AsideError(
    "INVALID_VALUE",
    `An entry of ${bytes} bytes is over the ${maxBytes} bytes that the memcached servers take.`,
  );
}

/** The server answered with a status that is neither a success nor a lost race. */
export function refused(partition: string, status: number): AsideError {
  return unavailable(partition, `the server refused the request (${statusName(status)})`);
}

/** What ended a connection: the error of a socket, or one of ours. */
export function connectionLost(partition: string, error: unknown): AsideError {
  if (isAsideError(error)) return error;
  if (error instanceof AuthenticationError) return misconfigured(partition, error.message);
  if (error instanceof ProtocolError) {
    return unavailable(partition, `the connection was given up: ${error.message}`, error);
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const why = typeof code === "string" ? `the connection failed (${code})` : "the connection was lost";
  return unavailable(partition, why, error);
}

/** What the callers of reads and stores get while a node is misconfigured: to them it is a node that does not serve. */
export function asUnavailable(partition: string, error: AsideError): AsideError {
  return error.code === "CONFIGURATION" ? unavailable(partition, "the server cannot be used", error) : error;
}

const statusNames = new Map<number, string>([
  [0x03, "too large"],
  [0x04, "invalid arguments"],
  [0x20, "authentication required"],
  [0x81, "unknown command"],
  [0x82, "out of memory"],
  [0x83, "not supported"],
  [0x84, "internal error"],
  [0x85, "busy"],
  [0x86, "temporary failure"],
]);

function statusName(status: number): string {
  return statusNames.get(status) ?? `status 0x${status.toString(16)}`;
}
