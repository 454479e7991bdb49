/**
 * Turns values into text and back, for the cache and for key-value collections. `decode(encode(v))` yields a fresh object that nobody shares,
 * and is what callers get on a hit, on a miss and from a shared load alike.
 */
export interface ValueCodec {
  /**
   * @throws {AsideError} `INVALID_VALUE` for what would not come back the same.
   */
  encode(value: unknown): string;

  /**
   * @throws when `text` was not made by `encode`. The store takes such an entry of the cache for a miss.
   */
  decode(text: string): unknown;
}
