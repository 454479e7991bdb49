import { ProtocolError } from "./memcached-errors.js";
import { step, TextCall } from "./text-call.js";
import type { TextReply } from "./text-reply.js";
import type { TextRequestWriter } from "./text-request-writer.js";

/** Sends one command and gives the lines of its answer; `isLast` as in {@link TextAsk}. */
export type Ask = (command: string, isLast?: (line: string) => boolean) => Promise<readonly string[]>;

/** One command as it is written, answered by lines. For the greeting, which comes before anything is known of the server. */
export class TextAsk extends TextCall<readonly string[]> {
  readonly bytes: number;
  readonly opaques = 0;
  readonly #command: string;
  readonly #isLast: (line: string) => boolean;
  readonly #lines: string[] = [];

  /**
   * @param command - with its end, each character a byte.
   * @param isLast - whether no line comes after this one. Default: there is one line.
   */
  constructor(command: string, isLast: (line: string) => boolean = () => true) {
    super();
    this.bytes = command.length;
    this.#command = command;
    this.#isLast = isLast;
  }

  write(out: TextRequestWriter): void {
    out.write(this.#command);
  }

  take(reply: TextReply): number {
    if (reply.valueBytes !== -1) throw new ProtocolError("an answer does not fit its request");
    const { text } = reply;
    this.#lines.push(text);
    return this.#isLast(text) ? step.done : step.more;
  }

  value(): boolean {
    throw new ProtocolError("an answer does not fit its request");
  }

  finish(): void {
    this.resolve(this.#lines);
  }
}
