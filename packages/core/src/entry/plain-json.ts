/** Deeper values take the slower way, which looks for cycles. */
const deepest = 64;

const tagOf = Object.prototype.toString;

/**
 * Whether `JSON.stringify` keeps all of `value`. May say `false` of a value that it would keep, never `true` of one that it would change.
 * One walk, and nothing is built on the way: this is what plain values pay for the others.
 */
export function isPlainJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || (depth < deepest && isPlainObject(value, depth + 1));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (!isPlainJson(value[index], depth)) return false;
    }
    return true;
  }
  // Objects with inner state (Date, Map, ...) have a tag of their own, whichever realm they come from; instances of
  // ordinary classes do not, and JSON.stringify takes their own enumerable properties.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && tagOf.call(value) !== "[object Object]")
    return false;
  // Inherited enumerable properties are looked at too: that can only send a value the slower way.
  for (const name in value) {
    if (!isPlainJson((value as Record<string, unknown>)[name], depth)) return false;
  }
  return true;
}
