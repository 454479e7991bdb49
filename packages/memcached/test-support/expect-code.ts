import assert from "node:assert/strict";
import { type AsideError, type AsideErrorCode, isAsideError } from "@aside/core";

/** Asserts that `promise` rejects with `code`, and gives the error. */
export async function expectCode(promise: Promise<unknown>, code: AsideErrorCode): Promise<AsideError> {
  const error: unknown = await promise.then(
    () => assert.fail(`expected ${code}, but it resolved`),
    (reason: unknown) => reason,
  );
  assert.ok(isAsideError(error), `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}
