/** Longer values are handed to the socket as they are; shorter ones are cheaper as a part of the text around them. */
const longestInlineBytes = 4096;

/** The bytes of a request's value, in a form of its own that the caller's buffer has no part in. */
export type ValueToSend = string | Buffer;

/** Copies a value, so that the caller may change its buffer as soon as the call has returned. */
export function valueToSend(bytes: Uint8Array): ValueToSend {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length <= longestInlineBytes) return view.toString("latin1");
  const own = Buffer.allocUnsafeSlow(view.length);
  view.copy(own);
  return own;
}

/** Collects the requests of one write. Text is Latin-1: a character is a byte. */
export class TextRequestWriter {
  #text = "";
  #chunks: (string | Buffer)[] = [];

  write(text: string): void {
    this.#text += text;
  }

  writeValue(value: ValueToSend): void {
    if (typeof value === "string") this.#text += value;
    else {
      this.#chunks.push(this.#text, value);
      this.#text = "";
    }
  }

  /** What was collected, in order; then it begins anew. */
  take(): readonly (string | Buffer)[] {
    const chunks = this.#chunks;
    if (this.#text !== "") chunks.push(this.#text);
    this.#text = "";
    this.#chunks = [];
    return chunks;
  }
}
