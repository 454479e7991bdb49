import type { AsideError, CasToken } from "@aside/core";
import { ProtocolError, unavailable } from "./memcached-errors.js";
import { type CallContext, step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import { type TextRequestWriter, type ValueToSend, valueToSend } from "./text-request-writer.js";
import { textToken } from "./text-token.js";

/** Stores one entry with `ms`, and gets its token with the answer. Sent once. */
export class MetaStore extends TextCall<CasToken | undefined> {
  readonly bytes: number;
  readonly opaques = 1;
  readonly #context: CallContext;
  readonly #head: string;
  readonly #value: ValueToSend;
  readonly #isConditional: boolean;
  #opaque = 0;
  #outcome: CasToken | undefined | AsideError;

  /**
   * @param flags - lifetime and condition.
   * @param isConditional - whether the store may be lost to somebody else; then it resolves with `undefined`.
   */
  constructor(context: CallContext, key: string, bytes: Uint8Array, flags: string, isConditional: boolean) {
    super();
    this.#context = context;
    this.#head = `ms ${key} ${bytes.byteLength} ${flags} c O`;
    this.#value = valueToSend(bytes);
    this.#isConditional = isConditional;
    this.bytes = bytes.byteLength + this.#head.length + 16;
  }

  write(out: TextRequestWriter, opaque: number): void {
    this.#opaque = opaque;
    out.write(`${this.#head}${opaque}\r\n`);
    out.writeValue(this.#value);
    out.write("\r\n");
  }

  take(reply: TextReply): number {
    if (reply.kind === "error") {
      // A server without room has removed what stood there: the same as an eviction, and no fault of the node.
      if (!(reply.isOutOfMemory && this.#isConditional)) {
        this.#outcome = unavailable(
          this.#context.partition,
          `the server refused the request (${reply.refusal})`,
        );
      }
      return step.done;
    }
    if (reply.opaque !== this.#opaque) throw new ProtocolError("an answer belongs to another request");
    if (reply.kind === "HD") this.#outcome = textToken(this.#context.incarnation, reply.cas);
    else if (!(this.#isConditional && isLost(reply)))
      throw new ProtocolError("an answer does not fit its request");
    return step.done;
  }

  value(): boolean {
    throw new ProtocolError("an answer does not fit its request");
  }

  finish(): void {
    if (this.#outcome instanceof Error) this.reject(this.#outcome);
    else this.resolve(this.#outcome);
  }
}

function isLost({ kind }: TextReply): boolean {
  return kind === "EX" || kind === "NF" || kind === "NS";
}
