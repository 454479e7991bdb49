/**
 * The tagged form of values that JSON does not have. A special value is an object with one property, whose name is one of these.
 * Names of ordinary properties that begin with a tilde get one more, so no ordinary object looks like a special value.
 */
export const tags = {
  undefined: "~u",
  /** NaN, the infinities and -0, as text. */
  number: "~n",
  bigint: "~i",
  /** Milliseconds, or `null` for an invalid date. */
  date: "~d",
  /** Keys and values by turns. */
  map: "~m",
  set: "~s",
  /** Base64. */
  bytes: "~b",
  /** Base64 of a `Buffer`. */
  buffer: "~B",
} as const;

/** Begins a text in tagged form. No JSON text begins like that. */
export const taggedMark = "~";

export const tilde = "~";
