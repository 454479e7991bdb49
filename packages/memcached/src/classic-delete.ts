import type { AsideError } from "@aside/core";
import { ProtocolError, unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";
import type { TextToken } from "./text-token.js";

/** Deletes one entry by its token: a `cas` whose lifetime is past, since the classic `delete` asks for no token. Sent once. */
export class ClassicDelete extends TextCall<boolean> {
  readonly bytes: number;
  readonly opaques = 0;
  readonly #context: CallContext;
  readonly #command: string;
  #outcome: boolean | AsideError = false;

  constructor(context: CallContext, key: string, token: TextToken) {
    super();
    this.#context = context;
    this.#command = `cas ${key} 0 -1 0 ${token.cas}\r\n\r\n`;
    this.bytes = this.#command.length;
  }

  write(out: TextRequestWriter): void {
    out.write(this.#command);
  }

  take(reply: TextReply): number {
    const { kind, text } = reply;
    if (kind === "error") {
      this.#outcome = unavailable(
        this.#context.partition,
        `the server refused the request (${reply.refusal})`,
      );
    } else if (text === "STORED") this.#outcome = true;
    else if (text !== "EXISTS" && text !== "NOT_FOUND")
      throw new ProtocolError("an answer does not fit its request");
    return step.done;
  }

  value(): boolean {
    throw new ProtocolError("an answer does not fit its request");
  }

  finish(): void {
    if (typeof this.#outcome === "boolean") this.resolve(this.#outcome);
    else this.reject(this.#outcome);
  }
}
