import type { ValueCodec } from "../backend/value-codec.js";
import { AsideError } from "../errors/aside-error.js";
import { isPlainJson } from "./plain-json.js";
import { readTagged } from "./rich-json-reader.js";
import { taggedMark } from "./rich-json-tags.js";
import { RichJsonWriter } from "./rich-json-writer.js";

/**
 * JSON that also keeps `Date` (invalid ones too), `Map`, `Set`, `bigint`, `Uint8Array`, `Buffer`, `undefined`, `NaN`, the infinities
 * and `-0`, at any place. What JSON keeps is stored as plain JSON text.
 *
 * - Instances of classes come back as plain objects of their own enumerable properties, and objects with a `toJSON` method as what
 *   that gives; on a miss as on a hit. Two references to one object come back as two objects, a hole in an array as `undefined`.
 * - Functions, symbols, errors, regular expressions, promises, weak collections, array buffers and views other than `Uint8Array`, cycles and
 *   more than 1,000 levels are refused by `INVALID_VALUE`, with the place and without the value.
 */
export const richJsonCodec: ValueCodec = Object.freeze({
  encode(value: unknown): string {
    if (isPlainJson(value)) return JSON.stringify(value);
    const writer = new RichJsonWriter();
    const text = writer.write(value);
    if (writer.tagged) return taggedMark + text;
    // Plain after all: it was deep, or its `toJSON` methods made it plain. Then it has one text, however it came about.
    return writer.escaped ? JSON.stringify(readTagged(JSON.parse(text))) : text;
  },

  decode(text: string): unknown {
    try {
      return text.startsWith(taggedMark) ? readTagged(JSON.parse(text.slice(1))) : JSON.parse(text);
    } catch {
      // The original would quote the text.
      throw new AsideError("INVALID_VALUE", "The text was not made by the codec");
    }
  },
});
