import { AsideError } from "../errors/aside-error.js";
import { objectKind } from "./object-kind.js";
import { tags, tilde } from "./rich-json-tags.js";
import { ValuePath } from "./value-path.js";

const deepest = 1_000;

/** Writes one value in tagged form. Where no tag and no escaped name is needed its text is what `JSON.stringify` gives. */
export class RichJsonWriter {
  /** Whether a special value was written. */
  tagged = false;
  /** Whether the name of an ordinary property was escaped. */
  escaped = false;
  readonly #path = new ValuePath();
  /** The objects that surround the present one: meeting one of them again is a cycle. */
  readonly #around = new Set<object>();

  write(value: unknown): string {
    return this.#write(value, "");
  }

  /** @param name - of the property that holds the value, as `toJSON` wants it. */
  #write(value: unknown, name: string): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "boolean":
        return String(value);
      case "number":
        if (Object.is(value, -0)) return this.#tag(tags.number, '"-0"');
        return Number.isFinite(value) ? String(value) : this.#tag(tags.number, `"${value}"`);
      case "undefined":
        return this.#tag(tags.undefined, "0");
      case "bigint":
        return this.#tag(tags.bigint, `"${value}"`);
      case "object":
        return value === null ? "null" : this.#writeObject(value, name);
      default:
        throw this.#refusal(`a ${typeof value}`);
    }
  }

  #writeObject(value: object, name: string): string {
    const kind = objectKind(value);
    if (kind === "date") {
      const ms = (value as Date).getTime();
      return this.#tag(tags.date, Number.isNaN(ms) ? "null" : String(ms));
    }
    if (kind === "bytes") {
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      const base64 = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
      return this.#tag(Buffer.isBuffer(value) ? tags.buffer : tags.bytes, `"${base64}"`);
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function") return this.#enclosed(value, kind);
    const replaced: unknown = toJSON.call(value, name);
    // As in JSON, what `toJSON` gave is not asked for its own `toJSON`.
    if (typeof replaced !== "object" || replaced === null) return this.#write(replaced, name);
    const replacedKind = objectKind(replaced);
    return replacedKind === "date" || replacedKind === "bytes"
      ? this.#writeObject(replaced, name)
      : this.#enclosed(replaced, replacedKind);
  }

  #enclosed(value: object, kind: ReturnType<typeof objectKind>): string {
    if (this.#around.has(value)) throw this.#refusal("a cycle");
    if (this.#path.depth >= deepest) throw this.#refusal(`more than ${deepest} levels`);
    this.#around.add(value);
    const text = this.#content(value, kind);
    this.#around.delete(value);
    return text;
  }

  #content(value: object, kind: ReturnType<typeof objectKind>): string {
    switch (kind) {
      case "array":
        // Holes are read as undefined, properties beside the elements are left out, as in JSON.
        return this.#list(value as unknown[]);
      case "map":
        return this.#tag(tags.map, this.#list([...(value as Map<unknown, unknown>)].flat(1)));
      case "set":
        return this.#tag(tags.set, this.#list([...(value as Set<unknown>)]));
      case "boxed":
        return this.#write(value.valueOf(), "");
      case "properties":
        return this.#properties(value as Record<string, unknown>);
      default:
        throw this.#refusal("an object whose content cannot be stored");
    }
  }

  #list(items: readonly unknown[]): string {
    const texts: string[] = [];
    for (let index = 0; index < items.length; index += 1) {
      this.#path.enter(index);
      texts.push(this.#write(items[index], String(index)));
      this.#path.leave();
    }
    return `[${texts.join(",")}]`;
  }

  #properties(value: Record<string, unknown>): string {
    let text = "";
    for (const name of Object.keys(value)) {
      this.#path.enter(name);
      const content = this.#write(value[name], name);
      this.#path.leave();
      const escaped = name.startsWith(tilde);
      if (escaped) this.escaped = true;
      text += `${text === "" ? "" : ","}${JSON.stringify(escaped ? tilde + name : name)}:${content}`;
    }
    return `{${text}}`;
  }

  #tag(name: string, content: string): string {
    this.tagged = true;
    return `{"${name}":${content}}`;
  }

  #refusal(what: string): AsideError {
    return new AsideError("INVALID_VALUE", `Cannot store ${this.#path}: it holds ${what}`);
  }
}
