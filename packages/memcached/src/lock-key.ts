import { createHash } from "node:crypto";
import { maxKeyBytes } from "./memcached-limits.js";

/** No store's keys begin so: its name has no slash. */
const prefix = "lock/";
/** Printable ASCII but `~`, which marks a hash. */
const plain = /^[!-}]+$/;
const notPlain = /[^!-}]+/g;

/** The key of the lock with this name: the name itself where it can stand, else a readable beginning, `~` and its SHA-256. */
export function lockKey(name: string): string {
  const key = prefix + name;
  if (plain.test(key) && key.length <= maxKeyBytes) return key;
  const hash = createHash("sha256").update(name).digest("base64url");
  return `${key.replace(notPlain, "_").slice(0, maxKeyBytes - hash.length - 1)}~${hash}`;
}
