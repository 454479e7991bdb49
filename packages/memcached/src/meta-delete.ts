import type { AsideError } from "@aside/core";
import { ProtocolError, unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";
import type { TextToken } from "./text-token.js";

/** Deletes one entry by its token with `md`. Sent once. */
export class MetaDelete extends TextCall<boolean> {
  readonly bytes: number;
  readonly opaques = 1;
  readonly #context: CallContext;
  readonly #head: string;
  #opaque = 0;
  #outcome: boolean | AsideError = false;

  constructor(context: CallContext, key: string, token: TextToken) {
    super();
    this.#context = context;
    this.#head = `md ${key} C${token.cas} O`;
    this.bytes = this.#head.length + 16;
  }

  write(out: TextRequestWriter, opaque: number): void {
    this.#opaque = opaque;
    out.write(`${this.#head}${opaque}\r\n`);
  }

  take(reply: TextReply): number {
    if (reply.kind === "error") {
      this.#outcome = unavailable(
        this.#context.partition,
        `the server refused the request (${reply.refusal})`,
      );
      return step.done;
    }
    if (reply.opaque !== this.#opaque) throw new ProtocolError("an answer belongs to another request");
    if (reply.kind === "HD") this.#outcome = true;
    else if (reply.kind !== "NF" && reply.kind !== "EX")
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
