import { AsideError } from "@aside/core";
import type { SessionFields } from "./session-record.js";

/**
 * Brings a session into the form in which the store keeps it: the text that JSON makes of it, as every session store of the field does.
 * @throws {AsideError} `INVALID_VALUE` when JSON cannot hold it, such as a circular structure or a bigint.
 */
export function sessionText(session: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(session);
  } catch {
    // The engine's message names fields of the session: it stays out.
    throw new AsideError(
      "INVALID_VALUE",
      "The session cannot be turned into JSON: it has a circle, a bigint, or a toJSON that throws",
    );
  }
  if (text === undefined || !text.startsWith("{"))
    throw new AsideError("INVALID_VALUE", "A session must be an object");
  return text;
}

/** The fields that `text`, made by {@link sessionText}, tells. */
export function fieldsOf(text: string): SessionFields {
  return JSON.parse(text) as SessionFields;
}

/** Whether two values have the same JSON. The order of properties counts, so that two orders are two values: at worst a write too many. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Whether two sessions have the same fields with the same JSON, in any order. */
export function sameFields(a: SessionFields, b: SessionFields): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  );
}

/**
 * Joins two changes of one session, field by field: what `mine` changed since `base` is taken from it, a removal too, and everything else from
 * `theirs`. Where both changed one field, `mine` wins whole.
 */
export function mergeFields(base: SessionFields, mine: SessionFields, theirs: SessionFields): SessionFields {
  const merged = new Map(Object.entries(theirs));
  for (const name of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    const unchanged =
      Object.hasOwn(base, name) === Object.hasOwn(mine, name) && sameJson(base[name], mine[name]);
    if (unchanged) continue;
    if (Object.hasOwn(mine, name)) merged.set(name, mine[name]);
    else merged.delete(name);
  }
  // Not by assignment: a field may be called __proto__.
  return Object.fromEntries(merged);
}
