import type { ValueCodec } from "../backend/value-codec.js";
import { AsideError } from "../errors/aside-error.js";

/** A value as text. Each taker gets an object of its own. */
export class EncodedValue {
  readonly text: string;
  readonly #codec: ValueCodec;
  /** Decoded once already, and nobody's yet. */
  #spare: { readonly value: unknown } | undefined;

  private constructor(text: string, codec: ValueCodec, spare: { readonly value: unknown } | undefined) {
    this.text = text;
    this.#codec = codec;
    this.#spare = spare;
  }

  /** @throws {AsideError} `INVALID_VALUE` for a value that the codec refuses. */
  static of(value: unknown, codec: ValueCodec): EncodedValue {
    return new EncodedValue(codec.encode(value), codec, undefined);
  }

  /** `undefined` for a text that the codec did not make: it counts as a miss. */
  static read(text: string, codec: ValueCodec): EncodedValue | undefined {
    try {
      return new EncodedValue(text, codec, { value: codec.decode(text) });
    } catch {
      return undefined;
    }
  }

  /** @throws {AsideError} `INVALID_VALUE` when the codec cannot read what it wrote. The codec's own error may quote the value. */
  take(): unknown {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare.value;
    try {
      return this.#codec.decode(this.text);
    } catch {
      throw new AsideError("INVALID_VALUE", "The codec cannot decode what it has encoded.");
    }
  }
}
