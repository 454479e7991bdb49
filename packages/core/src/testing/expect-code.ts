import assert from "node:assert/strict";
import { isAsideError } from "../errors/aside-error.js";
import type { AsideErrorCode } from "../errors/aside-error-code.js";

/** Asserts that `promise` rejects with an `AsideError` of one of these codes. */
export async function expectCode(
  promise: PromiseLike<unknown>,
  ...codes: readonly AsideErrorCode[]
): Promise<void> {
  const outcome = await Promise.resolve(promise).then(
    () => "it resolved",
    (error: unknown) => (isAsideError(error) ? error.code : `another error: ${String(error)}`),
  );
  assert.ok((codes as readonly string[]).includes(outcome), `expected ${codes.join(" or ")}, but ${outcome}`);
}
