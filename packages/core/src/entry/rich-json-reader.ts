import { tags, tilde } from "./rich-json-tags.js";

/** Turns a parsed tagged form back into the value. @throws TypeError for what `RichJsonWriter` does not write. */
export function readTagged(form: unknown): unknown {
  if (typeof form !== "object" || form === null) return form;
  if (Array.isArray(form)) return form.map(readTagged);
  const names = Object.keys(form);
  if (!names.some((name) => name.startsWith(tilde)))
    return readOrdinary(form as Record<string, unknown>, names);
  const [name] = names as [string];
  if (names.length === 1 && name[1] !== tilde)
    return readSpecial(name, (form as Record<string, unknown>)[name]);
  return readEscaped(form as Record<string, unknown>, names);
}

/** Fills the parsed object anew: it belongs to nobody else. Its own `__proto__` property, if it has one, stays an own property. */
function readOrdinary(form: Record<string, unknown>, names: readonly string[]): unknown {
  for (const name of names) form[name] = readTagged(form[name]);
  return form;
}

function readEscaped(form: Record<string, unknown>, names: readonly string[]): unknown {
  const value: Record<string, unknown> = {};
  for (const name of names) {
    if (name.startsWith(tilde) && name[1] !== tilde) throw malformed();
    Object.defineProperty(value, name.startsWith(tilde) ? name.slice(1) : name, {
      value: readTagged(form[name]),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return value;
}

function readSpecial(name: string, content: unknown): unknown {
  switch (name) {
    case tags.undefined:
      return undefined;
    case tags.number:
      return Number(text(content));
    case tags.bigint:
      return BigInt(text(content));
    case tags.date:
      return new Date(typeof content === "number" ? content : Number.NaN);
    case tags.map:
      return readMap(list(content));
    case tags.set:
      return new Set(list(content).map(readTagged));
    case tags.bytes:
      return new Uint8Array(Buffer.from(text(content), "base64"));
    case tags.buffer:
      return Buffer.from(text(content), "base64");
    default:
      throw malformed();
  }
}

function readMap(keysAndValues: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < keysAndValues.length; index += 2) {
    map.set(readTagged(keysAndValues[index]), readTagged(keysAndValues[index + 1]));
  }
  return map;
}

function text(content: unknown): string {
  if (typeof content !== "string") throw malformed();
  return content;
}

function list(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw malformed();
  return content;
}

function malformed(): TypeError {
  return new TypeError("not a tagged form");
}
