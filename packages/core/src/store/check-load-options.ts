import type { Milliseconds } from "../time/clock.js";
import { checkNumber } from "./check-number.js";
import type { LoadOptions } from "./store-options.js";

const known: ReadonlySet<string> = new Set([
  "ttlMs",
  "absenceTtlMs",
  "timeoutMs",
  "softTimeoutMs",
  "staleIfErrorMs",
  "refreshBeforeMs",
  "tags",
] satisfies readonly (keyof LoadOptions<unknown>)[]);

/** More would make every read of the entry a long one. */
const mostTags = 64;

/**
 * @param storeStaleIfErrorMs - what the store does where `options` say nothing.
 * @throws {TypeError} that names option and range.
 */
export function checkLoadOptions<V>(
  options: LoadOptions<V>,
  storeStaleIfErrorMs: Milliseconds,
): LoadOptions<V> {
  for (const name of Object.keys(options))
    if (!known.has(name)) throw new TypeError(`TieredStore has no option "load.${name}".`);
  const { ttlMs, absenceTtlMs, timeoutMs, softTimeoutMs, staleIfErrorMs, refreshBeforeMs, tags } = options;
  if (typeof ttlMs !== "function") checkNumber("load.ttlMs", ttlMs, 0, 0);
  checkNumber("load.absenceTtlMs", absenceTtlMs, 0, 0);
  checkNumber("load.timeoutMs", timeoutMs, 1, 1);
  checkNumber("load.refreshBeforeMs", refreshBeforeMs, 0, 0);
  const graceMs = checkNumber("load.staleIfErrorMs", staleIfErrorMs, storeStaleIfErrorMs, 0);
  checkSoftTimeout("load.softTimeoutMs", softTimeoutMs, graceMs);
  if (tags !== undefined) {
    checkTags(tags);
    if (tags.length > mostTags)
      throw new TypeError(`TieredStore option "load.tags" takes at most ${mostTags} tags.`);
  }
  return options;
}

/** There is nothing to be served early where no value is kept beyond its end. */
export function checkSoftTimeout(
  option: string,
  softTimeoutMs: Milliseconds | undefined,
  staleIfErrorMs: Milliseconds,
): Milliseconds | undefined {
  if (softTimeoutMs === undefined) return undefined;
  if (staleIfErrorMs === 0)
    throw new TypeError(`TieredStore option "${option}" needs "staleIfErrorMs" above 0.`);
  return checkNumber(option, softTimeoutMs, 1, 1);
}

/** @throws {TypeError} that says what tags are. */
export function checkTags(tags: readonly string[]): void {
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string" && tag !== ""))
    throw new TypeError("TieredStore: tags are strings of at least one character, in an array.");
}

/** Checks what a function of the options has made of a value. */
export function checkTtl(ttlMs: Milliseconds): Milliseconds {
  if (ttlMs === undefined) throw new TypeError('TieredStore option "load.ttlMs" must return a number.');
  return checkNumber("load.ttlMs", ttlMs, 0, 0);
}
