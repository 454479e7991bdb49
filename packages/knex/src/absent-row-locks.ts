import type { StatementExecutor } from "./statement-executor.js";
import type { ValuesTable } from "./values-table.js";

/** A version that no written row has. */
const placeholderVersion = "~";
/** Ended long ago, so that a placeholder is never seen as a row. */
const longAgoMs = 0;

/**
 * Locks rows that are not there, for a transaction that may insert them: else two that read a missing row for update would both write it, and one
 * write would be lost. MySQL at READ COMMITTED locks only what it finds; at REPEATABLE READ it would lock the gap for both, and
 * their inserts would run into a deadlock. So a placeholder is inserted, for which the second one has to wait, and deleted at once:
 * InnoDB keeps the lock of a deleted row until the transaction ends, and on PostgreSQL an insert waits for the end of whoever inserted
 * the key before, deleted again or not.
 *
 * @returns the keys under which there is a row nevertheless, which is locked too: somebody inserted it meanwhile, or it has ended.
 */
export async function lockAbsentRows(
  executor: StatementExecutor,
  table: ValuesTable,
  collection: string,
  keys: readonly string[],
): Promise<string[]> {
  const present: string[] = [];
  for (const key of keys) {
    const row = [collection, table.encode(key)];
    const placeholder = [...row, null, placeholderVersion, longAgoMs];
    const { upserted } = await executor.execute(table.lockAbsent, placeholder);
    if (upserted) await executor.execute(table.removePlaceholder, [...row, placeholderVersion]);
    else present.push(key);
  }
  return present;
}
