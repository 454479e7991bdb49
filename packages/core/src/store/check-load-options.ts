import type { Milliseconds } from "../time/clock.js";
import { checkNumber } from "./check-number.js";
import type { LoadOptions } from "./store-options.js";

/** @throws {TypeError} that names option and range. */
export function checkLoadOptions<V>(options: LoadOptions<V>): LoadOptions<V> {
  const { ttlMs, absenceTtlMs, timeoutMs } = options;
  if (typeof ttlMs !== "function") checkNumber("load.ttlMs", ttlMs, 0, 0);
  checkNumber("load.absenceTtlMs", absenceTtlMs, 0, 0);
  checkNumber("load.timeoutMs", timeoutMs, 1, 1);
  return options;
}

/** Checks what a function of the options has made of a value. */
export function checkTtl(ttlMs: Milliseconds): Milliseconds {
  if (ttlMs === undefined) throw new TypeError('TieredStore option "load.ttlMs" must return a number.');
  return checkNumber("load.ttlMs", ttlMs, 0, 0);
}
