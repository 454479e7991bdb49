import { types } from "node:util";
import { AsideError } from "@aside/core";

/**
 * What a key can be made of: values that mean the same in every process and after every deploy.
 * Class instances, functions and symbols have no such meaning and are refused.
 */
export type KeyPart =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | readonly KeyPart[]
  | { readonly [name: string]: KeyPart };

const maxDepth = 16;

/**
 * Text of `part` such that two parts have the same text only if they are equal: strings carry their length, so no content can
 * be taken for structure, and the number 1, the string "1" and the bigint 1n differ. The order of an object's
 * properties does not matter; a property that is `undefined` differs from one that is missing. 0 and -0 are equal, as in a Map.
 *
 * @param owner - what the error calls the key.
 * @throws {AsideError} `INVALID_KEY` for what has no stable text.
 */
export function keyPartText(part: unknown, owner: string): string {
  // The commonest parts first: this runs on every call of a cached method.
  if (typeof part === "string") return `${part.length}"${part}`;
  if (typeof part === "number") return `${part}`;
  return structureText(part, owner, 0);
}

function structureText(part: unknown, owner: string, depth: number): string {
  switch (typeof part) {
    case "string":
      return `${part.length}"${part}`;
    case "number":
    case "boolean":
    case "undefined":
      return `${part}`;
    case "bigint":
      return `${part}n`;
    case "object":
      break;
    default:
      throw refusal(owner, `a ${typeof part}`);
  }
  if (part === null) return "null";
  if (depth === maxDepth) throw refusal(owner, `a structure of more than ${maxDepth} levels`);
  if (Array.isArray(part)) return listText(part, owner, depth + 1);
  if (types.isDate(part)) return dateText(part, owner);
  if (isPlain(part)) return recordText(part, owner, depth + 1);
  throw refusal(owner, "an instance of a class");
}

function listText(list: readonly unknown[], owner: string, depth: number): string {
  let text = "[";
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text += ",";
    text += structureText(list[index], owner, depth);
  }
  return `${text}]`;
}

function recordText(record: Readonly<Record<string, unknown>>, owner: string, depth: number): string {
  if (Object.getOwnPropertySymbols(record).length > 0)
    throw refusal(owner, "an object with symbols for names");
  let text = "{";
  for (const name of Object.keys(record).sort()) {
    if (text.length > 1) text += ",";
    text += `${name.length}"${name}:${structureText(record[name], owner, depth)}`;
  }
  return `${text}}`;
}

function dateText(date: Date, owner: string): string {
  const instant = date.getTime();
  if (Number.isNaN(instant)) throw refusal(owner, "an invalid Date");
  return `@${instant}`;
}

/** Whether `value` is an object literal, of this realm or another, or has no prototype at all. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refusal(owner: string, what: string): AsideError {
  return new AsideError(
    "INVALID_KEY",
    `The key of ${owner} cannot be made of ${what}: it has no text that is the same in every process. ` +
      "Let the key function return a string, number, bigint, boolean, Date, or lists and plain objects of them.",
  );
}
