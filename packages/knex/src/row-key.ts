import { AsideError } from "@aside/core";
import { isWellFormed } from "./well-formed.js";

/** Longest key in bytes of UTF-8: 255 characters of any kind fit. The same on every database, so that data can move. */
const maxKeyBytes = 1_024;

/** @throws {AsideError} `INVALID_KEY` for what no row can be named by. */
export function checkRowKey(key: string): void {
  if (typeof key !== "string") throw invalid("a key is a string", key);
  if (!isWellFormed(key)) throw invalid("the key is not well-formed text", key);
  if (key.length > maxKeyBytes || Buffer.byteLength(key) > maxKeyBytes) {
    throw invalid(`the key is longer than ${maxKeyBytes} bytes of UTF-8`, key);
  }
}

function invalid(reason: string, key: string): AsideError {
  return new AsideError("INVALID_KEY", `No row can be kept under this key: ${reason}.`, { key });
}
