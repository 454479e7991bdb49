import type { CasToken } from "@aside/core";
import { ClassicStoreAndLook } from "./classic-store-and-look.js";
import { unavailable } from "./memcached-errors.js";
import { type CallContext, TextCall } from "./text-call.js";
import type { TextStore } from "./text-dialect.js";
import type { TextReply } from "./text-reply.js";
import { type TextRequestWriter, type ValueToSend, valueToSend } from "./text-request-writer.js";
import { supersededToken } from "./text-token.js";

/**
 * Stores one entry with `set`, `add` or `cas`, once, and looks for its token in the same write.
 *
 * Between the two another client may store over it. Then other bytes stand there, and the token that is handed out matches nothing: the
 * entry was replaced already. If the very same bytes stand there, the token names a later state of which all that is known of ours is true.
 */
export class ClassicStore extends TextCall<CasToken | undefined> {
  readonly bytes: number;
  readonly opaques = 0;
  readonly #context: CallContext;
  readonly #store: TextStore;
  readonly #value: ValueToSend;
  readonly #answers: ClassicStoreAndLook;

  constructor(context: CallContext, store: TextStore) {
    super();
    this.#context = context;
    this.#store = store;
    this.#value = valueToSend(store.bytes);
    this.#answers = new ClassicStoreAndLook(context.incarnation, store.key);
    this.bytes = store.bytes.byteLength + 2 * store.key.length + 64;
  }

  write(out: TextRequestWriter): void {
    const { key, expirySeconds, over } = this.#store;
    const [command, condition] = typeof over === "string" ? [over, ""] : ["cas", ` ${over.cas}`];
    out.write(`${command} ${key} 0 ${expirySeconds} ${this.#value.length}${condition}\r\n`);
    out.writeValue(this.#value);
    out.write(`\r\ngets ${key}\r\n`);
  }

  take(reply: TextReply): number {
    return this.#answers.take(reply);
  }

  value(bytes: Buffer): boolean {
    this.#answers.value(bytes);
    return false;
  }

  finish(): void {
    const { answer, found } = this.#answers;
    if (answer === "STORED") {
      const stands = found !== undefined && isSame(found.bytes, this.#value);
      this.resolve(stands ? found.token : supersededToken(this.#context.incarnation));
    } else if (answer === "lost" || (answer === "out of memory" && this.#store.over !== "set")) {
      // A server without room has removed what stood there: the same as an eviction, and no fault of the node.
      this.resolve(undefined);
    } else {
      const why = typeof answer === "object" ? answer.refusal : answer;
      this.reject(unavailable(this.#context.partition, `the server refused the request (${why})`));
    }
  }
}

function isSame(found: Uint8Array, value: ValueToSend): boolean {
  return Buffer.compare(found, typeof value === "string" ? Buffer.from(value, "latin1") : value) === 0;
}
