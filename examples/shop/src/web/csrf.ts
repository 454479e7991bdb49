import { randomBytes, timingSafeEqual } from "node:crypto";

/** Name of the hidden form field that carries the token. */
export const CSRF_FIELD = "_csrf";

/** A fresh token: 32 random bytes. */
export function newCsrfToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Whether a form came from a page of this session. The comparison takes the same time wherever the two differ.
 * @param expected - the session's token; `undefined` when the session has shown no form yet: nothing matches then.
 * @param given - what the form carried, of whatever type the body parser made of it.
 */
export function csrfTokenMatches(expected: string | undefined, given: unknown): boolean {
  if (expected === undefined || expected === "" || typeof given !== "string") return false;
  const wanted = Buffer.from(expected);
  const found = Buffer.from(given);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
