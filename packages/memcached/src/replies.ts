import type { Cas } from "./binary-protocol.js";
import { ProtocolError } from "./memcached-errors.js";
import type { MemjsResponse } from "./memjs-server.js";

/** @throws {ProtocolError} for an answer to another kind of request: the connection has lost its order. */
export function expectOpcode(response: MemjsResponse, opcode: number): void {
  if (response.header.opcode !== opcode) throw new ProtocolError("an answer does not fit its request");
}

export function casOf(response: MemjsResponse): Cas {
  const { cas } = response.header;
  return { casHigh: cas.readUInt32BE(0), casLow: cas.readUInt32BE(4) };
}
