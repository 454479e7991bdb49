import type { TransactionScope } from "@aside/core";
import type { SqlWords, TableNames } from "./dialect/dialect.js";
import type { StatementExecutor } from "./statement-executor.js";

/**
 * Creates the tables that are missing. On SQLite in one transaction, which has the file to itself from its start, so that nobody sees
 * half of them; on MySQL each statement by itself, where CREATE TABLE IF NOT EXISTS waits for whoever is creating the table.
 */
export async function createTables(
  scope: TransactionScope,
  sql: SqlWords,
  tables: TableNames,
  statements: <T>(work: (executor: StatementExecutor) => Promise<T>) => Promise<T>,
): Promise<void> {
  const create = () =>
    statements(async (executor) => {
      for (const statement of sql.createTables(tables)) await executor.execute(statement, []);
    });
  await (sql.transactionalSchema ? scope.run(create) : create());
}
