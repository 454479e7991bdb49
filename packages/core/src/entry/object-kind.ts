import { types } from "node:util";

/** How the codec takes an object: by its inner state where it has some, else by its properties. */
export type ObjectKind = "date" | "bytes" | "map" | "set" | "array" | "boxed" | "properties" | "refused";

/** Kinds whose content cannot be had, or would not come back. `instanceof` would miss those of another realm. */
const refused: ReadonlyArray<(value: unknown) => boolean> = [
  types.isRegExp,
  types.isNativeError,
  types.isPromise,
  types.isWeakMap,
  types.isWeakSet,
  types.isAnyArrayBuffer,
  ArrayBuffer.isView,
  types.isGeneratorObject,
  types.isMapIterator,
  types.isSetIterator,
  types.isExternal,
  types.isSymbolObject,
  (value) => value instanceof Error,
  (value) => refusedTags.has(Object.prototype.toString.call(value)),
];

const refusedTags: ReadonlySet<string> = new Set([
  "[object WeakRef]",
  "[object FinalizationRegistry]",
  "[object DOMException]",
]);

export function objectKind(value: object): ObjectKind {
  if (Array.isArray(value)) return "array";
  if (types.isDate(value)) return "date";
  if (types.isUint8Array(value)) return "bytes";
  if (types.isMap(value)) return "map";
  if (types.isSet(value)) return "set";
  if (refused.some((isKind) => isKind(value))) return "refused";
  return types.isBoxedPrimitive(value) ? "boxed" : "properties";
}
