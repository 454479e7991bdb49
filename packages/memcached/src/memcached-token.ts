import type { CasToken } from "@aside/core";
import type { Cas } from "./binary-protocol.js";
import { ProtocolError } from "./memcached-errors.js";

/** A CAS, and the connection that it came over. */
export interface MemcachedToken extends CasToken, Cas {}

/** @throws {ProtocolError} for an answer without a CAS: a request under CAS 0 would be an unconditional one. */
export function tokenOf(
  connection: { readonly incarnation: number },
  { casHigh, casLow }: Cas,
): MemcachedToken {
  if (casHigh === 0 && casLow === 0) throw new ProtocolError("the server hands out no CAS any more");
  return { connection: connection.incarnation, casHigh, casLow };
}

/**
 * Whether `token` may be sent over `connection`.
 *
 * Invariant: a conditional request goes out on the connection that its token came over, or not at all. The interleaving it prevents:
 * token 1 taken, server restarted (its CAS begins at 1 again) and refilled, the request reconnects and token 1 matches an item that it
 * never named. This check and the hand-over to the connection happen in one turn, and the connection object never changes its socket
 * (`SingleConnectionServer`); if that socket is gone by the time of the write, the request fails with it.
 */
export function isGoodOn(
  connection: { readonly incarnation: number },
  token: CasToken,
): token is MemcachedToken {
  const { casHigh, casLow } = token as Partial<MemcachedToken>;
  return (
    token.connection === connection.incarnation &&
    isHalf(casHigh) &&
    isHalf(casLow) &&
    (casHigh !== 0 || casLow !== 0)
  );
}

function isHalf(value: unknown): boolean {
  return typeof value === "number" && value >>> 0 === value;
}
