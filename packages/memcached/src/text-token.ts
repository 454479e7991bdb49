import type { CasToken } from "@aside/core";
import { ProtocolError } from "./memcached-errors.js";

/** A CAS, and the connection that it came over. */
export interface TextToken extends CasToken {
  /** A `bigint` where a double would not be exact. */
  readonly cas: number | bigint;
}

/** @throws {ProtocolError} for an answer without a CAS: the server cannot keep the contract any more. */
export function textToken(connection: number, cas: number | bigint): TextToken {
  if (!cas) throw new ProtocolError("the server hands out no CAS any more");
  return { connection, cas };
}

/** The token of an entry that was replaced before its CAS was known. It matches nothing, and is never sent. */
export function supersededToken(connection: number): TextToken {
  return { connection, cas: 0 };
}

/**
 * Whether `token` may be sent over the connection with this incarnation.
 *
 * Invariant: a conditional request goes out on the connection that its token came over, or not at all. The interleaving it prevents:
 * token 1 taken, server restarted (its CAS begins at 1 again) and refilled, the request reconnects and token 1 matches an item that it
 * never named. This check and the hand-over to the connection happen in one turn, and a connection never changes its socket.
 */
export function isGoodOn(connection: number, token: CasToken): token is TextToken {
  const { cas } = token as Partial<TextToken>;
  return (
    token.connection === connection &&
    (typeof cas === "bigint" ? cas > 0n : Number.isSafeInteger(cas) && (cas as number) > 0)
  );
}
