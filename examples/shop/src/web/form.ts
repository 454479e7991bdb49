import type { Request } from "express";

/**
 * A field of the form that was sent: trimmed, without control characters, cut at `maxLength` characters. Empty for a field that is missing or
 * was sent twice.
 */
export function field(req: Request, name: string, maxLength: number): string {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? cleanText(value, maxLength) : "";
}

/** A field exactly as it was sent, for passwords. */
export function rawField(req: Request, name: string): string {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}

/** A parameter of the query, treated like {@link field}. */
export function queryText(req: Request, name: string, maxLength: number): string {
  const value: unknown = req.query[name];
  return typeof value === "string" ? cleanText(value, maxLength) : "";
}

/** A whole number of up to nine digits; `undefined` for any other text. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A path of this shop to go to, taken from a request; `fallback` for anything that could lead elsewhere. */
export function localPath(text: string, fallback: string): string {
  return /^\/(?![/\\])[\w\-./?=&%~+]*$/.test(text) ? text : fallback;
}

function cleanText(text: string, maxLength: number): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, maxLength);
}
