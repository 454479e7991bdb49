import type { Answer } from "./answer.js";
import { ProtocolError } from "./memcached-errors.js";

/** @throws {ProtocolError} for an answer to another kind of request: the connection has lost its order. */
export function expectOpcode(answer: Answer, opcode: number): void {
  if (answer.opcode !== opcode) throw new ProtocolError("an answer does not fit its request");
}
