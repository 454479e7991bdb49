import assert from "node:assert/strict";
import type {
  PersistedValue,
  PersistenceBackend,
  Version,
  WriteResult,
} from "../../backend/persistence-backend.js";

type Rows = PersistenceBackend<unknown>;

/** The row of `key`. */
export async function readRow(rows: Rows, key: string): Promise<PersistedValue<unknown> | undefined> {
  return (await rows.readMany([key])).get(key);
}

/** Asserts that the row of `key` holds exactly this value; `undefined`: there is no row. */
export async function expectValue(rows: Rows, key: string, expected: unknown): Promise<void> {
  const row = await readRow(rows, key);
  if (expected === undefined) assert.ok(row === undefined, "expected no row");
  else {
    assert.ok(row !== undefined, "expected a row, found none");
    assert.deepEqual(row.value, expected);
  }
}

/** The version of a write that must have been done. */
export function written(result: WriteResult): Version {
  assert.ok(result.written, "expected the write to be done");
  assert.equal(typeof result.version, "string");
  assert.ok(result.version.length > 0, "a version is not empty");
  return result.version;
}

/** Adds one to the number in the row of `key`, within the surrounding transaction. */
export async function increment(rows: Rows, key: string): Promise<void> {
  const row = (await rows.readMany([key], { forUpdate: true })).get(key);
  // Gives others the time to come between, if they can.
  await new Promise(setImmediate);
  written(await rows.write(key, (row === undefined ? 0 : (row.value as number)) + 1));
}
