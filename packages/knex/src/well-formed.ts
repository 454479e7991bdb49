/** Whether `text` has no half of a surrogate pair, which becomes U+FFFD in UTF-8, so that two texts would be one. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
